import { ErrorReply } from './errors.ts'
import { Family } from './family.ts'
import {
  Flag,
  Integer,
  List,
  Literal,
  Null,
  Num,
  Optional,
  Struct,
  Text,
  Union,
  type Static
} from './schema.ts'

/** What a file that can be downloaded is, and so in which folder it comes to lie and who must be able to read it. */
export const DownloadKind = Union([
  Literal('checkpoint'),
  Literal('vae'),
  Literal('taesd'),
  Literal('controlnet'),
  Literal('upscaler'),
  Literal('lora'),
  Literal('embedding'),
  Literal('hypernetwork'),
  Literal('annotator')
])
export type DownloadKind = Static<typeof DownloadKind>

/** Names an entry in commands, addresses and files. */
export const DownloadId = Text({ pattern: '^[a-z0-9][a-z0-9._-]{0,63}$' })

/** A file that can be downloaded, as `models/catalogue.json` and a person's own catalogue have it. */
export const DownloadEntry = Struct(
  {
    id: DownloadId,
    name: Text({ minLength: 1, maxLength: 100 }),
    kind: DownloadKind,
    /** The families of models that it is, or is for; absent: any. */
    families: Optional(List(Family, { minItems: 1, maxItems: 8 })),
    /** What it is good for, in a sentence. */
    about: Optional(Text({ minLength: 1, maxLength: 300 })),
    licence: Struct(
      {
        name: Text({ minLength: 1, maxLength: 100 }),
        /** Where it can be read. */
        url: Optional(Text({ pattern: '^https://', maxLength: 2000 }))
      },
      { additionalProperties: false }
    ),
    /** The name it gets here. */
    file: Text({ pattern: '^[A-Za-z0-9][A-Za-z0-9 ()+._-]{0,180}\\.(safetensors|ckpt|pth?)$' }),
    /** Exactly. */
    bytes: Integer({ minimum: 1, maximum: 2 ** 40 }),
    /** null: nobody vouches for the content, and a person must say that they want it nevertheless. */
    sha256: Union([Text({ pattern: '^[0-9a-f]{64}$' }), Null()]),
    /** Addresses of the same bytes, tried in this order. */
    mirrors: List(Text({ pattern: '^https?://', maxLength: 2000 }), { minItems: 1, maxItems: 16 })
  },
  { additionalProperties: false }
)
export type DownloadEntry = Static<typeof DownloadEntry>

/** A catalogue file; `entries` are checked one by one, so that one mistake hides one entry. */
export const DownloadCatalogue = Struct({
  /** Rises when an older reader could misread a newer file. */
  version: Literal(1),
  entries: List(Struct({}))
})

/** Where an entry stands. `done` counts the bytes that are here. */
export const DownloadStatus = Union([
  Struct({ state: Literal('available') }),
  /** Others are before it. */
  Struct({ state: Literal('waiting'), done: Integer() }),
  Struct({
    state: Literal('downloading'),
    done: Integer(),
    /** The mirror's host. */
    from: Text(),
    /** Over the last seconds; null until it can be told. */
    bytesPerSecond: Union([Num(), Null()]),
    etaSeconds: Union([Num(), Null()])
  }),
  /** All bytes are here; `done` are hashed. */
  Struct({ state: Literal('checking'), done: Integer() }),
  Struct({ state: Literal('paused'), done: Integer() }),
  /** It can go on, or start again, where it stands. */
  Struct({ state: Literal('failed'), done: Integer(), error: ErrorReply }),
  Struct({
    state: Literal('installed'),
    /** Id of what it is now: a model's, an extension's or a VAE's. */
    as: Text(),
    /** It came by download, and can be removed here. */
    isRemovable: Flag()
  })
])
export type DownloadStatus = Static<typeof DownloadStatus>

/** One line of the list. */
export const DownloadItem = Struct({
  id: Text(),
  name: Text(),
  kind: DownloadKind,
  families: List(Family),
  about: Text(),
  licence: Struct({ name: Text(), url: Optional(Text()) }),
  file: Text(),
  bytes: Integer(),
  sha256: Union([Text(), Null()]),
  /** Hosts it may come from, first choice first. */
  hosts: List(Text()),
  status: DownloadStatus
})
export type DownloadItem = Static<typeof DownloadItem>

/** `GET /api/downloads`. */
export const DownloadList = Struct({
  items: List(DownloadItem),
  /** Bytes that are free where models are kept. */
  freeBytes: Num(),
  /** What is wrong in the person's own catalogue, by entry and field. */
  problems: List(ErrorReply),
  /** Who asked may start and stop downloads. */
  mayChange: Flag()
})
export type DownloadList = Static<typeof DownloadList>

/** `POST /api/downloads/:id`. */
export const StartDownload = Struct(
  {
    /** For an entry without sha256: the person was told that nobody vouches for the file, and wants it. */
    unverified: Optional(Flag())
  },
  { additionalProperties: false }
)
export type StartDownload = Static<typeof StartDownload>

/** What the folder of an unfinished download remembers of it. */
export const PartState = Struct({
  /** Of the entry, as it was when the download began. */
  file: Text(),
  bytes: Integer({ minimum: 1 }),
  sha256: Union([Text(), Null()]),
  /** The file is fetched in pieces of so many bytes; the last may be shorter. */
  pieceBytes: Integer({ minimum: 1 }),
  /** Bytes that are here of each piece. */
  have: List(Integer({ minimum: 0 })),
  /** The mirror asked last, and what it said of its file's version. */
  source: Union([Struct({ url: Text(), validator: Union([Text(), Null()]) }), Null()]),
  /** Every mirror that bytes came from. */
  contributors: List(Text()),
  /** The person wants it although nobody vouches for it. */
  unverified: Flag()
})
export type PartState = Static<typeof PartState>
