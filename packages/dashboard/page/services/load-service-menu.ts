/** Asked for as soon as a menu may be opened, so that it is there when it is. */
export const loadServiceMenu = () => import('./service-menu.tsx').then(({ ServiceMenu }) => ({ default: ServiceMenu }))
