import { Array as List, Integer, Object as Struct, String as Text, type Static } from 'typebox'

/** A token as its owner sees it in a list: `GET /api/tokens`. */
export const NamedToken = Struct({
  id: Text(),
  name: Text(),
  /** Milliseconds since 1970. */
  created: Integer()
})
export type NamedToken = Static<typeof NamedToken>

/** `POST /api/tokens`: whom the token is for. */
export const NewToken = Struct(
  { name: Text({ minLength: 1, maxLength: 80 }) },
  { additionalProperties: false }
)
export type NewToken = Static<typeof NewToken>

/** The file that keeps tokens. */
export const TokenFile = Struct({
  tokens: List(
    Struct({ id: Text(), name: Text(), created: Integer(), sha256: Text({ pattern: '^[0-9a-f]{64}$' }) })
  )
})
