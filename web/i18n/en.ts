import type { PanelName } from '../shell/route.js';

const plural = (count: number, one: string, many: string) =>
  `${count.toLocaleString('en-GB')} ${count === 1 ? one : many}`;

const panels: Record<PanelName, string> = {
  try: 'Try',
  browser: 'In your browser',
  compare: 'Static vs eager',
  models: 'Models',
  load: 'Load',
};

/** What the page itself finds wrong. */
export type PageProblem =
  | 'offline'
  | 'answer_unreadable'
  | 'http'
  | 'webassembly_missing'
  | 'worker_blocked'
  | 'browser_model'
  | 'browser_model_refused'
  | 'answered_by_other';

export interface FailureWords {
  readonly message: string;
  readonly hint: string;
}

const problems: Record<PageProblem, (detail: string) => FailureWords> = {
  offline: () => ({ message: 'The server does not answer.', hint: 'Is it still running?' }),
  answer_unreadable: () => ({
    message: 'The answer is not what this page expects.',
    hint: 'Reload the page: the server may be newer.',
  }),
  http: (status) => ({ message: `The server answered with status ${status}.`, hint: '' }),
  webassembly_missing: () => ({
    message: 'This browser has no WebAssembly.',
    hint: 'The server answers all the same.',
  }),
  worker_blocked: () => ({
    message: 'The worker that computes did not start.',
    hint: 'An extension or a policy may block workers; the server answers all the same.',
  }),
  browser_model: (message) => ({ message, hint: 'Reload the page to try again.' }),
  browser_model_refused: (message) => ({ message, hint: 'The server answers all the same.' }),
  answered_by_other: (model) => ({
    message: `${model} answered this review on the server, so the sides cannot be compared.`,
    hint: 'The cascade asks it where the model here is unsure: take another review.',
  }),
};

export const en = {
  skip: 'Skip to content',
  opening: 'Opening',
  figures: 'Table of results',
  panels,
  panelsLabel: 'Panels',
  language: '中文',
  theme: { label: 'Colours', auto: 'System', light: 'Light', dark: 'Dark' },
  labels: { negative: 'Negative', positive: 'Positive' },
  milliseconds: (value: string) => `${value} ms`,
  server: {
    connecting: 'Connecting',
    loading: 'Loading models',
    ready: 'Ready',
    failed: 'Refused',
    offline: 'Offline',
    sentence: (title: string) => `${title}.`,
    offlineTitle: 'The server does not answer',
    offlineText: 'This page asks again every second and goes on by itself. What you typed stays here.',
    loadingTitle: 'Models are loading',
    loadingText: 'They are checked and warmed before they answer. This takes a few seconds.',
  },
  key: {
    title: 'This server wants a key',
    explained: 'It is sent with each request and kept until this tab is closed.',
    unknown: 'The server does not know that key.',
    unsendable: 'A key has Latin letters, digits and signs alone.',
    label: 'API key',
    use: 'Use the key',
    enter: 'Enter a key',
  },
  failure: {
    retry: 'Try again',
    code: 'Code',
    problems,
  },
  try: {
    title: 'How does this review sound?',
    lead: 'A Bi-LSTM distilled from an encoder reads Chinese reviews on this machine. Type one, or take an example.',
    review: 'Review',
    placeholder: '写下一条评论……',
    examples: 'Examples',
    copyLink: 'Copy link',
    copied: 'Copied',
    notCopied: 'The browser forbids copying',
    characters: (count: number) => plural(count, 'character', 'characters'),
    tooLong: (count: number, limit: number) =>
      `This text has ${count.toLocaleString('en-GB')} characters; the server reads up to ${limit.toLocaleString('en-GB')}. Put a file of many reviews into the batch below.`,
    emptyTitle: 'Nothing to read yet',
    emptyText: 'The answer appears here as you type.',
    probability: (label: string) => `Probability that it is ${label.toLowerCase()}`,
    calibrated: 'calibrated',
    uncalibrated: 'not calibrated',
    student: 'Student',
    teacher: 'Teacher',
    model: 'Model',
    noTeacherTitle: 'No teacher beside it',
    noTeacherText: 'Start the server with both to see them side by side:',
    agree: 'Both models agree.',
    disagree: 'The models disagree.',
    stages: 'Where the time went',
    stage: { queue: 'Queue', tokenize: 'Segment', infer: 'Infer', rest: 'Rest' },
    stageList: (parts: readonly string[]) => parts.join(', '),
    pending: 'Reading',
    answeredBy: (teacher: string, student: string) =>
      `Answered by ${teacher}, which is asked where ${student} is unsure.`,
    words: 'What made it so',
    ownWords: (model: string, label: string) => `What makes ${model} itself say ${label.toLowerCase()}`,
    wordsHint: 'Colour: how far the answer moves without the word.',
    wordWeight: (word: string, points: string) => `${word}: ${points} percentage points`,
  },
  batch: {
    title: 'Many at once',
    lead: 'Paste one review a line, or drop a text file. Rows are answered in batches and can be saved as a table.',
    lines: 'Reviews, one a line',
    drop: 'Drop a .txt, .csv or .tsv file here, or',
    choose: 'choose a file',
    run: (count: number) => `Label ${plural(count, 'review', 'reviews')}`,
    stop: 'Stop',
    progress: (done: number, total: number, rate: string) =>
      `${done.toLocaleString('en-GB')} of ${total.toLocaleString('en-GB')}, ${rate} reviews/s`,
    save: 'Save as CSV',
    shown: (shown: number, total: number) =>
      `The first ${shown.toLocaleString('en-GB')} of ${total.toLocaleString('en-GB')} rows; the saved table has them all.`,
    summary: (positive: number, negative: number, failed: number) =>
      `${positive.toLocaleString('en-GB')} positive, ${negative.toLocaleString('en-GB')} negative${failed > 0 ? `, ${failed.toLocaleString('en-GB')} not answered` : ''}`,
    columns: { row: 'Row', text: 'Review', label: 'Label', score: 'Probability' },
    fromFile: (name: string, count: number) => `${name}: ${plural(count, 'review', 'reviews')}`,
    pasted: 'Pasted text',
    clear: 'Clear',
    lineTooLong: (limit: number) => `longer than ${limit.toLocaleString('en-GB')} characters`,
    unreadable: 'This file is not UTF-8 text.',
  },
  browser: {
    title: 'The same student, in this browser',
    lead: 'The model that the server runs, run here by ONNX Runtime for the web. The review is cut into words by the server, as the model was trained; everything after that happens on this device.',
    noModelTitle: 'No model yet',
    noModelText: 'The server names the model when it is ready.',
    offer: (precision: string, size: string) =>
      `${precision}, as the server runs it; ${size}, fetched once from this server and kept by the browser`,
    threads: (count: string) => `WebAssembly with SIMD and ${count} threads.`,
    oneThread: 'WebAssembly with SIMD and one thread.',
    engine: 'Engine',
    engines: { wasm: 'WebAssembly', webgpu: 'WebGPU' },
    ran: { wasm: 'WebAssembly', webgpu: 'WebGPU where it can, else WebAssembly' },
    load: 'Load the model',
    loading: 'Loading runtime and model',
    fromCache: 'Opening the kept copy',
    run: 'Run on both sides',
    same: 'Same answer on both sides.',
    different: 'The sides differ.',
    otherVariant: (sameLabel: boolean) =>
      `${sameLabel ? 'Same label on both sides' : 'The sides give other labels'}; their logits are of two forms of the network and need not agree.`,
    difference: (value: string) => `Largest logit difference: ${value}.`,
    tolerance: (value: string) => `Up to ${value} counts as the same, as the bundle says of this form.`,
    instead: (served: string, here: string) =>
      `The server runs the network as ${served}, which cannot run here; this is its ${here} form. ONNX Runtime says:`,
    here: (engine: string, precision: string) => `Here (${engine}, ${precision})`,
    server: (precision: string) => `Server (${precision})`,
    logit: (label: string) => `Logit ${label.toLowerCase()}`,
    infer: 'Inference, median',
    total: 'Until answered, median',
    conditions: (runs: number, words: number) =>
      `${runs.toString()} runs a side, in turns, ${plural(words, 'word', 'words')}; segmentation not counted here.`,
    segments: 'Words',
    segmentedBy: (segmenter: string | null) =>
      `Cut by the server (POST /v1/tokenize${segmenter === null ? '' : `, ${segmenter}`}).`,
  },
  models: {
    title: 'What is served',
    lead: 'Every model with what its manifest says: how good it is, how its probabilities were calibrated, where it came from.',
    noneTitle: 'Nothing to show',
    noneText: 'The models appear here when the server answers.',
    version: (version: string) => `version ${version}`,
    isDefault: 'default',
    network: 'Network',
    labels: 'Labels',
    tokenizer: 'Tokenizer',
    workers: 'Workers',
    size: 'Size',
    calibration: 'Calibration',
    notCalibrated: 'none: probabilities are the plain softmax',
    calibrated: (temperature: string, before: string, after: string) =>
      `temperature ${temperature}; calibration error ${before} before, ${after} after`,
    noAccuracy: 'No accuracy was measured.',
    accuracy: 'Accuracy',
    data: 'Data',
    rows: 'Rows',
    interval: '95 % interval',
    versions: 'Versions',
    versionColumn: 'Version',
    state: 'State',
    labelled: { stable: 'stable', canary: 'canary' },
    loading: 'loading',
    notLoaded: 'not loaded',
    load: 'Load',
    rollBack: 'Roll back',
    noOthers: 'Another version in the repository can be loaded here, or given a share of the requests.',
    canaryVersion: 'Canary',
    canaryPercent: '% of requests',
    applyCanary: 'Apply',
    busy: 'Loading and checking the version; the one before answers until it is ready.',
    graph: {
      title: 'Graph before and after fusion',
      waiting: 'The server draws the graph',
      waitingText:
        'It makes the graph once more, to know which rule made which node. This takes a few seconds.',
      which: 'Graph',
      before: (nodes: number | null) =>
        nodes === null ? 'Before fusion' : `Before fusion, ${plural(nodes, 'operator', 'operators')}`,
      after: (nodes: number | null) =>
        nodes === null ? 'As served' : `As served, ${plural(nodes, 'operator', 'operators')}`,
      importedTitle: 'Only one graph is known',
      importedText: 'This model was imported as a graph; there is no network from which it was made.',
      larger: 'Larger',
      smaller: 'Smaller',
      whole: 'Whole',
      top: 'From the top',
      keys: 'Drag or arrow keys move, the wheel or + and − scale, 0 shows the whole, n and p go from node to node.',
      madeBy: (rule: string) => `made by ${rule}`,
      takenOutBy: (rule: string) => `taken out by ${rule}`,
      made: 'Rules that made nodes',
      takenOut: 'Rules that took out nodes',
      rule: (rule: string, nodes: number) => `${rule}: ${plural(nodes, 'node', 'nodes')}`,
      noRule: 'No rule changed a node here.',
      left: (drawn: number, left: number) =>
        `The first ${drawn.toLocaleString('en-GB')} nodes are drawn, ${left.toLocaleString('en-GB')} more are not: layers repeat.`,
    },
    lineage: 'Lineage',
    created: 'Made',
    seed: 'Seed',
    base: 'Started from',
    teacher: 'Teacher',
    dataRows: (rows: number) => plural(rows, 'row', 'rows'),
  },
  compare: {
    title: 'What the static graph gains',
    lead: 'The same network, weights and threads: once as one graph that was optimised ahead, once op by op as a framework runs it eagerly, with weights packed anew at each run.',
    run: 'Compare now',
    runs: (texts: number, runs: number) =>
      `${plural(texts, 'text', 'texts')}, ${runs.toString()} runs each, on a thread of its own`,
    running: 'Running both, in turns',
    emptyTitle: 'Nothing measured yet',
    emptyText: 'A comparison takes a few seconds and runs beside what is served.',
    faster: 'faster as a static graph',
    slower: 'the eager speed: slower as a static graph',
    noDifference: 'the eager speed: no difference that these pairs can tell',
    tooFew: (samples: number) =>
      `${plural(samples, 'pair', 'pairs')} of runs compared so far: too few for an interval.`,
    interval: (low: string, high: string) => `95 %: ${low} to ${high}`,
    static: 'Static graph',
    eager: 'Eager, op by op',
    conditions: (samples: number, threads: number) =>
      `Medians of ${plural(samples, 'pair', 'pairs')} of runs, single texts, ${plural(threads, 'thread', 'threads')} an engine.`,
    difference: (value: string) => `Largest logit difference: ${value}.`,
    chart: 'Time of each run, static and eager',
    pair: 'pair',
    liveTitle: 'Sampled from live requests',
    liveLead:
      'A share of the requests is run again on both engines after it was answered; the figures below follow.',
    offTitle: 'Sampling is off',
    offText: 'The server samples when it is told what share of requests to run again:',
    noSamplesTitle: 'No request was sampled yet',
    noSamplesText: 'Ask something under Try; the figures appear here.',
  },
  load: {
    title: 'Load tests, side by side',
    lead: 'What retort loadtest measured, two runs at a time.',
    noneTitle: 'No reports',
    noneText: 'Run a load test, and give the server the folder of its reports:',
    first: 'First',
    second: 'Second',
    started: 'Started',
    kind: 'Load',
    closedLoop: (connections: number) => `closed loop, ${plural(connections, 'connection', 'connections')}`,
    openLoop: (arrivals: string) => `open loop, ${arrivals}`,
    throughput: 'Texts/s',
    slowest: 'Slowest',
    answered: 'Answered',
    failed: 'Failed',
    ended: 'Ended',
    answeredChart: 'Answered requests by second',
    latencyChart: 'Latency by second, p99',
    seconds: 'second',
    requests: 'requests',
  },
};

export type Catalogue = typeof en;
