'use strict';
// Which folder may import which. A layer not named in `only` is out of bounds.
const layers = {
  core: [],
  models: ['core'],
  training: ['core', 'models'],
  export: ['core', 'models'],
  serving: ['core', 'models'],
  loadtest: ['core'],
  web: [],
  commands: ['core', 'models', 'training', 'export', 'serving', 'loadtest'],
};

const folders = [...Object.keys(layers), 'test'];
const source = `^(cli[.]ts$|(${folders.join('|')})/)`;

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...Object.entries(layers).map(([layer, only]) => ({
      name: `${layer}-layer`,
      comment: `${layer}/ imports ${only.length === 0 ? 'no other folder' : `only ${only.join(', ')}`}`,
      severity: 'error',
      from: { path: `^${layer}/` },
      to: { path: source, pathNot: `^(${[layer, ...only].join('|')})/` },
    })),
    {
      name: 'cli-imports-commands',
      comment: 'cli.ts parses the command line and hands over to commands/; it prints their errors',
      severity: 'error',
      from: { path: '^cli[.]ts$' },
      to: { path: source, pathNot: '^(commands/|core/errors[.]ts$)' },
    },
    {
      name: 'nothing-imports-cli',
      severity: 'error',
      from: {},
      to: { path: '^cli[.]ts$' },
    },
    {
      name: 'only-tests-import-tests',
      severity: 'error',
      from: { pathNot: '^test/' },
      to: { path: '^test/' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      comment: 'a module nothing imports, and that imports nothing, is dead unless it is started on its own',
      severity: 'error',
      from: {
        orphan: true,
        pathNot: [
          '^cli[.]ts$',
          '^test/.*[.]test[.]ts$',
          '^test/environment[.]cjs$',
          '^web/vite[.]config[.]ts$',
          '(^|/)[^/]*worker[^/]*[.]ts$',
        ],
      },
      to: {},
    },
  ],
  options: {
    // Whether packages resolve is the compiler's and knip's business.
    includeOnly: { path: `${source}|node_modules` },
    exclude: { path: '^(dist|coverage|fixtures|runs|docs|scripts|[.]cache|models/repository)(/|$)' },
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
