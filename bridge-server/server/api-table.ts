import { AnnotateReply, AnnotateRequest } from '../protocol/annotators.ts'
import { Catalogue, ModelChoice, ModelFolder } from '../protocol/catalogue.ts'
import { DownloadList, StartDownload } from '../protocol/downloads.ts'
import { PromptQuestion, PromptReport } from '../protocol/prompt.ts'
import { Job, JobList } from '../protocol/results.ts'
import { Health, ServerStatus } from '../protocol/status.ts'
import {
  MadeToken,
  NewToken,
  PairedToken,
  PairingClaim,
  PairingOffer,
  TokenList
} from '../protocol/tokens.ts'

/** The schemas of bodies and answers by their names: those that the routes check with. */
export const apiSchemas = {
  ...{
    AnnotateReply,
    AnnotateRequest,
    Catalogue,
    DownloadList,
    Health,
    Job,
    JobList,
    MadeToken,
    ModelChoice
  },
  ...{ ModelFolder, NewToken, PairedToken, PairingClaim, PairingOffer, PromptQuestion, PromptReport },
  ...{ ServerStatus, StartDownload, TokenList }
} as const
export type ApiSchemaName = keyof typeof apiSchemas

/** What a route takes or gives: a schema's name, or bytes of a media type. */
export type Content = ApiSchemaName | `${'image' | 'application' | 'text'}/${string}`

export interface ApiRoute {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE'
  /** Parts that vary begin with a colon. */
  readonly path: string
  readonly about: string
  /** Absent: whoever has a token. */
  readonly who?: 'anybody' | 'owner'
  readonly body?: Content
  /** Of the answer where all is well; absent: 200 with `answer`, else 204. */
  readonly status?: number
  readonly answer?: Content
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
}

const client = {
  'X-Marquee-Client': 'the client whose jobs are meant, as in hello: 8 to 64 letters, digits, _ or -'
}
const image = {
  as: 'raw (as it is when absent), png or jpeg',
  side: 'of a jpeg: its longer side, 1 to 512 pixels (160)'
}
const raw = 'application/octet-stream'

/** Every route of the server's own API; that none is missing is checked when the server starts. */
export const apiTable: readonly ApiRoute[] = [
  { method: 'GET', path: '/health', who: 'anybody', answer: 'Health', about: 'Who answers.' },
  { method: 'GET', path: '/api/health', who: 'anybody', answer: 'Health', about: 'The same.' },
  {
    method: 'GET',
    path: '/api/status',
    answer: 'ServerStatus',
    about: 'How the server is; the owner also sees who is connected.'
  },
  { method: 'GET', path: '/metrics', answer: 'text/plain', about: 'Figures for Prometheus.' },
  {
    method: 'GET',
    path: '/api/socket',
    who: 'anybody',
    status: 101,
    about: 'The WebSocket on which jobs are sent and told of; it begins with hello, which has the token.'
  },
  {
    method: 'GET',
    path: '/api/catalogue',
    answer: 'Catalogue',
    about: 'Models and what goes with them, samplers, schedules.'
  },
  {
    method: 'HEAD',
    path: '/api/blobs/:id',
    status: 200,
    about:
      'Whether you have sent these bytes; a 404 has Upload-Offset, from where an interrupted upload goes on.'
  },
  {
    method: 'PUT',
    path: '/api/blobs/:id',
    body: raw,
    status: 201,
    headers: { 'Content-Range': 'for a part: bytes first-last/total; answered 202 until the last' },
    about: 'Sends raw pixels under the sha256 of their bytes, for jobs to name.'
  },
  {
    method: 'GET',
    path: '/api/jobs',
    headers: client,
    query: { document: 'only those of this document', limit: '1 to 500 (50)' },
    answer: 'JobList',
    about: 'Jobs of a client.'
  },
  { method: 'GET', path: '/api/jobs/:id', headers: client, answer: 'Job', about: 'One job.' },
  {
    method: 'DELETE',
    path: '/api/jobs/:id',
    headers: client,
    about: 'Cancels a job where it is unfinished, and forgets it with its result.'
  },
  { method: 'PUT', path: '/api/jobs/:id/star', headers: client, about: 'Keeps a job beyond all limits.' },
  { method: 'DELETE', path: '/api/jobs/:id/star', headers: client, about: 'Keeps it no longer than others.' },
  {
    method: 'GET',
    path: '/api/jobs/:id/images/:blob',
    headers: client,
    query: image,
    answer: raw,
    about: 'An image of a job, also in ranges. A PNG of a result says how it was made.'
  },
  {
    method: 'POST',
    path: '/api/prompt',
    body: 'PromptQuestion',
    answer: 'PromptReport',
    about: 'How a model reads prompts.'
  },
  {
    method: 'POST',
    path: '/api/annotate',
    body: 'AnnotateRequest',
    answer: 'AnnotateReply',
    about: 'Makes a map for a ControlNet of a picture.'
  },
  { method: 'GET', path: '/api/maps/:blob', query: image, answer: raw, about: 'A map that you had made.' },
  {
    method: 'GET',
    path: '/api/extensions/:id/picture',
    query: { side: 'its longer side, 1 to 512 pixels (160)' },
    answer: 'image/jpeg',
    about: 'A small look at the picture that lies beside an extension’s file.'
  },
  {
    method: 'PUT',
    path: '/api/models/:id',
    body: raw,
    status: 201,
    about: 'Takes in a model file under the name in the address.'
  },
  {
    method: 'PUT',
    path: '/api/model-choices/:id',
    body: 'ModelChoice',
    about: 'What a person says of a model where its file cannot.'
  },
  {
    method: 'POST',
    path: '/api/model-folders',
    body: 'ModelFolder',
    about: 'Adds a folder; only from the server’s own computer.'
  },
  {
    method: 'DELETE',
    path: '/api/model-folders',
    body: 'ModelFolder',
    about: 'Forgets one; nothing is deleted.'
  },
  {
    method: 'GET',
    path: '/api/downloads',
    answer: 'DownloadList',
    about: 'What can be downloaded, and where each entry stands.'
  },
  {
    method: 'POST',
    path: '/api/downloads/:id',
    who: 'owner',
    body: 'StartDownload',
    status: 202,
    about: 'Starts a download, or again.'
  },
  { method: 'POST', path: '/api/downloads/:id/pause', who: 'owner', about: 'What has arrived stays.' },
  { method: 'POST', path: '/api/downloads/:id/resume', who: 'owner', about: 'Goes on where it was paused.' },
  {
    method: 'DELETE',
    path: '/api/downloads/:id',
    who: 'owner',
    about: 'Cancels it; what has arrived is deleted.'
  },
  {
    method: 'DELETE',
    path: '/api/downloads/:id/file',
    who: 'owner',
    about: 'Deletes what was downloaded and installed.'
  },
  {
    method: 'POST',
    path: '/api/pairing',
    who: 'owner',
    answer: 'PairingOffer',
    about: 'A short code that lets another device in; the one before is void.'
  },
  {
    method: 'POST',
    path: '/api/pairing/claim',
    who: 'anybody',
    body: 'PairingClaim',
    answer: 'PairedToken',
    about: 'A token for a code.'
  },
  { method: 'GET', path: '/api/tokens', who: 'owner', answer: 'TokenList', about: 'Tokens of others.' },
  {
    method: 'POST',
    path: '/api/tokens',
    who: 'owner',
    body: 'NewToken',
    status: 201,
    answer: 'MadeToken',
    about: 'Makes a token with a name.'
  },
  {
    method: 'DELETE',
    path: '/api/tokens/:id',
    who: 'owner',
    about: 'Revokes a token; its sockets are closed.'
  },
  { method: 'GET', path: '/docs', who: 'anybody', answer: 'text/html', about: 'This page.' },
  {
    method: 'GET',
    path: '/docs/openapi.json',
    who: 'anybody',
    answer: 'application/json',
    about: 'The same for programs (OpenAPI 3.1).'
  },
  {
    method: 'GET',
    path: '/docs/asyncapi.json',
    who: 'anybody',
    answer: 'application/json',
    about: 'The socket’s messages for programs (AsyncAPI 3.0).'
  }
]
