import { expect, test, vi } from 'vitest'
import { createRecipes } from '../../src/topics/recipes.ts'

const add = (item: string) => (data: unknown) => [...(data as string[]), item]

test('recipes are applied in order, and taken back one by one', () => {
  const recipes = createRecipes()
  const takeBack = recipes.add(add('x'), ['a'])
  recipes.add(add('y'), ['a'])
  expect(recipes.apply(['a'])).toEqual(['a', 'x', 'y'])
  takeBack()
  expect(recipes.apply(['a'])).toEqual(['a', 'y'])
})

test('the same data gives the same object', () => {
  const recipes = createRecipes()
  const data = ['a']
  expect(recipes.apply(data)).toBe(data)
  recipes.add(add('x'), data)
  expect(recipes.apply(data)).toBe(recipes.apply(data))
})

test('what a recipe throws at first, its author hears; later it is left out', () => {
  const recipes = createRecipes()
  const first = (data: unknown) => (data as { comments: string[] }).comments.length
  expect(() => recipes.add(first, {})).toThrow(TypeError)
  const recipe = vi.fn(first)
  recipes.add(recipe, { comments: [] })
  expect(recipes.apply({})).toEqual({})
  recipes.apply({ other: 1 })
  expect(recipe).toHaveBeenCalledTimes(2)
})

test('without data there is nothing to lay over', () => {
  const recipes = createRecipes()
  recipes.add(add('x'), undefined)
  expect(recipes.apply(undefined)).toBeUndefined()
})
