/** The architecture, as a list: each folder may import only the folders on its line (and itself). */
const allowed = {
  'bridge-server/protocol': [],
  'bridge-server/tensor': [],
  'bridge-server/graph': [],
  'bridge-server/nn': ['bridge-server/graph'],
  'bridge-server/weights': ['bridge-server/protocol', 'bridge-server/tensor', 'bridge-server/graph'],
  'bridge-server/runtime': [
    'bridge-server/protocol',
    'bridge-server/tensor',
    'bridge-server/graph',
    'bridge-server/nn',
    'bridge-server/weights'
  ],
  'bridge-server/sampling': ['bridge-server/tensor'],
  'bridge-server/prompt': ['bridge-server/tensor'],
  'bridge-server/image': ['bridge-server/protocol', 'bridge-server/tensor'],
  'bridge-server/annotate': ['bridge-server/protocol', 'bridge-server/tensor', 'bridge-server/image'],
  'bridge-server/pipeline': [
    'bridge-server/protocol',
    'bridge-server/tensor',
    'bridge-server/runtime',
    'bridge-server/sampling',
    'bridge-server/prompt',
    'bridge-server/image'
  ],
  'bridge-server/jobs': ['bridge-server/protocol', 'bridge-server/parse'],
  'bridge-server/downloads': ['bridge-server/protocol', 'bridge-server/parse', 'bridge-server/weights'],
  'bridge-server/thread': ['bridge-server/protocol'],
  'bridge-server/engine': [
    'bridge-server/protocol',
    'bridge-server/thread',
    'bridge-server/jobs',
    'bridge-server/weights',
    'bridge-server/runtime',
    'bridge-server/image',
    'bridge-server/annotate',
    'bridge-server/pipeline'
  ],
  'bridge-server/sdapi': [
    'bridge-server/protocol',
    'bridge-server/jobs',
    'bridge-server/image',
    'bridge-server/thread'
  ],
  'bridge-server/server': [
    'bridge-server/schema-comments',
    'bridge-server/sdapi',
    'bridge-server/protocol',
    'bridge-server/parse',
    'bridge-server/jobs',
    'bridge-server/image'
  ],
  // The command line is a client; what it does with files itself needs no server.
  'bridge-server/cli': [
    'bridge-server/command-line',
    'bridge-server/config-values',
    'bridge-server/config',
    'bridge-server/catalogue',
    'bridge-server/schema-comments',
    'bridge-server/protocol',
    'bridge-server/parse',
    'bridge-server/jobs/data-folder',
    'bridge-server/jobs/database',
    'bridge-server/downloads/catalogue-file',
    'bridge-server/downloads/places',
    'bridge-server/prompt/tokenizer',
    'bridge-server/runtime/device',
    'bridge-server/runtime/free-memory',
    'bridge-server/runtime/session',
    'bridge-server/runtime/self-test',
    'bridge-server/weights',
    'bridge-server/image',
    'plugin/client'
  ],
  'plugin/hosts/canvas': [
    'bridge-server/protocol',
    'bridge-server/image/exif-comment',
    'bridge-server/image/metadata',
    'bridge-server/image/png-chunks',
    'bridge-server/image/provenance',
    'bridge-server/image/told-parameters',
    'bridge-server/image/mark-made',
    'plugin/hosts/host',
    'plugin/hosts/bands',
    'plugin/ui/controls',
    'plugin/client/new-id'
  ],
  'plugin/hosts/photoshop': [
    'bridge-server/protocol',
    'plugin/hosts/host',
    'plugin/hosts/bands',
    'plugin/client/coded-error'
  ],
  'plugin/client': ['bridge-server/protocol'],
  'plugin/app': [
    'bridge-server/protocol',
    'bridge-server/image/metadata',
    'bridge-server/image/provenance',
    'bridge-server/image/request-parameters',
    'bridge-server/image/webui-names',
    'plugin/hosts/host',
    'plugin/hosts/bands',
    'plugin/client'
  ],
  'plugin/remote': ['bridge-server/protocol', 'plugin/client', 'plugin/app'],
  'plugin/package': [],
  'plugin/ui': ['bridge-server/protocol', 'plugin/app', 'plugin/hosts/host']
}

/** Each outside package has one door: the only place that may import it. */
const doors = {
  'onnxruntime-node': '^bridge-server/runtime/session\\.ts$',
  sharp: '^bridge-server/image/codec\\.ts$',
  tokenizers: '^bridge-server/prompt/tokenizer\\.ts$',
  libsql: '^bridge-server/jobs/database\\.ts$',
  'prom-client': '^bridge-server/server/metrics\\.ts$',
  'jsonc-parser': '^bridge-server/downloads/catalogue-file\\.ts$',
  undici: '^bridge-server/downloads/transport\\.ts$',
  fastify: '^bridge-server/server/',
  // In Node before 22 the client has no WebSocket of its own.
  ws: '^(bridge-server/server/|plugin/client/any-socket\\.ts$)',
  '@noble/hashes': '^plugin/client/sha256\\.ts$',
  typebox: '^bridge-server/(protocol/schema|parse)\\.ts$',
  photoshop: '^plugin/entries/photoshop-host\\.ts$',
  uxp: '^plugin/entries/photoshop-host\\.ts$',
  'idb-keyval': '^plugin/hosts/canvas/storage\\.ts$',
  '@adobe/react-spectrum': '^plugin/ui/controls\\.tsx$',
  react: '^plugin/(ui|hosts/canvas|entries)/'
}

const source = '^(bridge-server|plugin)/'
const toldByPictures =
  '^bridge-server/image/(exif-comment|mark-made|metadata|png-chunks|provenance|request-parameters|told-parameters|webui-names)\\.ts$'
/** For all but the protocol, which imports nothing: editors and panels have it without the server. */
const shared = '^bridge-server/(errors|nearest)\\.ts$'

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    // Photoshop brings these two itself.
    {
      name: 'resolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^(photoshop|uxp)$' }
    },
    ...Object.entries(allowed).map(([folder, others]) => ({
      name: `${folder} may import only: ${others.join(', ') || 'nothing'}`,
      severity: 'error',
      from: { path: `^${folder}/` },
      to: {
        path: source,
        pathNot: [
          `^${folder}/`,
          ...(folder === 'bridge-server/protocol' ? [] : [shared]),
          ...others.map((other) => `^${other}(/|\\.)`)
        ]
      }
    })),
    {
      name: 'the panel never imports the server, only its protocol and what pictures say of themselves',
      severity: 'error',
      from: { path: '^plugin/' },
      to: { path: '^bridge-server/', pathNot: ['^bridge-server/protocol/', toldByPictures] }
    },
    ...Object.entries(doors).map(([name, door]) => ({
      name: `${name} only through ${door}`,
      severity: 'error',
      from: { path: source, pathNot: door },
      to: { path: `(^|node_modules/)${name}(/|$)` }
    }))
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    // Packages that are modules only have no other door than `exports`.
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default']
    },
    doNotFollow: { path: 'node_modules' }
  }
}
