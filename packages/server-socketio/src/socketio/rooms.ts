/** Who is in which room. */
export interface Rooms<M> {
  join(member: M, room: string): void
  leave(member: M, room: string): void
  leaveAll(member: M): void
  members(room: string): ReadonlySet<M> | undefined
}

export const createRooms = <M>(): Rooms<M> => {
  const membersOf = new Map<string, Set<M>>()
  const roomsOf = new Map<M, Set<string>>()

  const remove = (member: M, room: string): void => {
    const members = membersOf.get(room)
    if (members?.delete(member) === true && members.size === 0) membersOf.delete(room)
  }

  return {
    join: (member, room) => {
      const members = membersOf.get(room) ?? new Set()
      membersOf.set(room, members.add(member))
      const rooms = roomsOf.get(member) ?? new Set()
      roomsOf.set(member, rooms.add(room))
    },
    leave: (member, room) => {
      remove(member, room)
      const rooms = roomsOf.get(member)
      if (rooms?.delete(room) === true && rooms.size === 0) roomsOf.delete(member)
    },
    leaveAll: (member) => {
      for (const room of roomsOf.get(member) ?? []) remove(member, room)
      roomsOf.delete(member)
    },
    members: (room) => membersOf.get(room),
  }
}
