import { AppError } from '../errors.ts'
import { nearest } from '../nearest.ts'

interface Named {
  readonly id: string
  /** What a list calls it. */
  readonly label: string
  /** Further texts that mean it from their beginning on, such as a hash. */
  readonly also?: readonly string[]
}

/**
 * The one that a person means: by id or name in any case, else by the beginning of one that no other has.
 * Throws AppError 'model-missing' with those that may be meant; `what` says what they are, such as model.
 */
export function choose<Thing extends Named>(what: string, text: string, things: readonly Thing[]): Thing {
  const wanted = text.toLowerCase()
  const names = ({ id, label, also = [] }: Named): string[] =>
    [id, label, id.slice(id.lastIndexOf('/') + 1), ...also].map((name) => name.toLowerCase())
  const exact =
    things.find(({ id }) => id === text) ?? only(things.filter((thing) => names(thing).includes(wanted)))
  if (exact !== undefined) return exact
  const begins = things.filter((thing) => names(thing).some((name) => name.startsWith(wanted)))
  const [first] = begins
  if (first !== undefined && begins.length === 1) return first
  if (begins.length > 1)
    throw new AppError('model-missing', {
      message: `${begins.length} ${what}s begin with “${text}”.`,
      hint: `Write more of one: ${listed(begins)}.`
    })
  const byId = nearest(
    text,
    things.map(({ id }) => id)
  )
  const byLabel = nearest(
    text,
    things.map(({ label }) => label)
  )
  const like = byId.length > 0 ? byId : byLabel
  throw new AppError('model-missing', {
    message: `There is no ${what} “${text}”.`,
    hint:
      like.length > 0
        ? `Did you mean ${like.map((name) => `“${name}”`).join(' or ')}?`
        : things.length === 0
          ? `No ${what} was found.`
          : `There ${things.length === 1 ? 'is' : 'are'} ${listed(things)}.`
  })
}

const mostListed = 12

const listed = (things: readonly Named[]): string =>
  things
    .slice(0, mostListed)
    .map(({ id }) => id)
    .join(', ') + (things.length > mostListed ? `, and ${things.length - mostListed} more` : '')

const only = <Thing>(things: readonly Thing[]): Thing | undefined =>
  things.length === 1 ? things[0] : undefined
