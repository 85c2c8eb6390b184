import { Integer, List, Struct, Text, type Static } from './schema.ts'

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

/** `GET /api/tokens`. */
export const TokenList = Struct({ tokens: List(NamedToken) })

/** A token that was made; it is shown this once. */
export const MadeToken = Struct({ id: Text(), token: Text() })

/** `POST /api/pairing`: a code, good for so many seconds. */
export const PairingOffer = Struct({ code: Text(), expiresIn: Integer() })

/** `POST /api/pairing/claim`: the code that somebody reads elsewhere, for a token. */
export const PairingClaim = Struct({ code: Text() })
export const PairedToken = Struct({ token: Text() })

/** The file that keeps tokens. */
export const TokenFile = Struct({
  tokens: List(
    Struct({ id: Text(), name: Text(), created: Integer(), sha256: Text({ pattern: '^[0-9a-f]{64}$' }) })
  )
})
