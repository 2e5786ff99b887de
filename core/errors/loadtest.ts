/** Errors of load tests and benches. */
import { define } from './entry.js';

export const loadtestErrors = define({
  loadtest_url_invalid: {
    kind: 'usage',
    message: '{url} is not the URL of an HTTP server.',
    hint: 'Give a URL such as http://127.0.0.1:8080, or grpc://127.0.0.1:8081/student with the name of the model.',
  },
  loadtest_host_refused: {
    kind: 'usage',
    message:
      '{host} is not a loopback address, and a load test against a machine that is not yours is an attack.',
    hint: 'Run it beside the server, or name the host with `--allow-host {host}` if it is yours to load.',
  },
  loadtest_unreachable: {
    kind: 'unavailable',
    message: 'No server answers at {url}: {reason}.',
    hint: 'Start one with `retort serve`, and check the port.',
  },
  loadtest_route_wrong: {
    kind: 'not_found',
    message: '{url} answers a prediction request with status {status}.',
    hint: 'Give the address of a Retort server, or the full URL of a route that takes a JSON object with `text`.',
  },
  loadtest_answer_not_json: {
    kind: 'invalid',
    message: '{url} answers, but not with JSON.',
    hint: 'Give the full URL of a route that takes and gives JSON, with --path or as the URL itself.',
  },
  loadtest_header_invalid: {
    kind: 'usage',
    message: '{header} is not an HTTP header.',
    hint: "Write it as 'name: value'.",
  },
  loadtest_template_invalid: {
    kind: 'usage',
    message: 'The body template does not fit: {reason}.',
    hint: 'Give JSON, or @FILE, with {one} within a string for one text, or {list} as a string for a list of them.',
  },
  loadtest_stages_invalid: {
    kind: 'usage',
    message: 'The stages {stages} do not fit: {reason}.',
    hint: 'Write each as seconds and requests a second, such as 10s:100,20s:100-500,1m:500.',
  },
  loadtest_threshold_invalid: {
    kind: 'usage',
    message: '{threshold} is not a threshold.',
    hint: "Write a measure, > or <, and a number, such as 'p99>50ms' or 'errors>1%'. Measures are: {known}.",
  },
  loadtest_threshold_crossed: {
    kind: 'invalid',
    message: 'The run fails, because {threshold}: it measured {value}.',
    hint: 'The report was written all the same; change the server, the load or the threshold.',
  },
  loadtest_nothing_succeeded: {
    kind: 'unavailable',
    message: 'None of {requests} requests succeeded.',
    hint: 'The report says how they ended; a few by hand, with curl, say why.',
  },
  loadtest_nothing_measured: {
    kind: 'invalid',
    message: 'No request {what} in the time that was measured.',
    hint: 'Measure for longer, with --duration or longer --stages, or at a higher rate.',
  },
  loadtest_server_gone: {
    kind: 'unavailable',
    message: 'The server takes no connections any more, so the run ended early.',
    hint: "Look at the server's log; what was measured until then is in the report.",
  },
  loadtest_generator_late: {
    kind: 'unavailable',
    message:
      'The load generator was late: a hundredth of its requests went out {lag} or more after they were due ({limit} ms is allowed), at {rate} requests/s.',
    hint: 'What it measured is its own delay. Lower the rate, give it a core of its own, or allow more with --max-lag.',
  },
  load_report_missing: {
    kind: 'not_found',
    message: 'There is no load report {path}.',
    hint: 'Write one with `retort loadtest URL --out {path}`.',
  },
  load_report_malformed: {
    kind: 'malformed',
    message: '{path} is not a load report of this version.',
    hint: 'Write it anew with `retort loadtest URL --out {path}`.',
  },
  loadtest_generator_died: {
    kind: 'internal',
    message: 'The process that sends the load ended with status {status}: {reason}.',
    hint: 'Run it again with a lower rate or fewer requests in flight; the machine may be out of memory.',
  },
  bench_peer_failed: {
    kind: 'unavailable',
    message: 'PyTorch did not run in {python}: {reason}.',
    hint: 'Give a Python that has it: python3 -m venv venv && venv/bin/pip install torch.',
  },
  bench_peer_student: {
    kind: 'usage',
    message: 'There is no PyTorch step for {network}.',
    hint: 'Give --python with --network encoder or one of the ERNIE family.',
  },
  bench_variant_missing: {
    kind: 'not_found',
    message: 'The bundle {bundle} has no {precision} variant.',
    hint: 'It has: {known}.',
  },
  bench_server_failed: {
    kind: 'internal',
    message: 'The server under test, `retort {command}`, did not become ready: {reason}.',
    hint: 'Run that command by itself to see what it says.',
  },
  bench_load_failed: {
    kind: 'internal',
    message: 'The load that drives the server ended with status {status}: {reason}.',
    hint: 'Run `retort serve` and `retort loadtest` by themselves to see what they say.',
  },
  plan_costs_missing: {
    kind: 'not_found',
    message: 'There is no file of serving costs {path}.',
    hint: 'Measure them with `retort bench costs --out {path}`.',
  },
  plan_costs_malformed: {
    kind: 'malformed',
    message: '{path} does not hold serving costs of this version.',
    hint: 'Measure them anew with `retort bench costs --out {path}`.',
  },
  plan_impossible: {
    kind: 'invalid',
    message:
      'No replica of {shapes} keeps a p99 of {bound} ms, even at {rate} texts/s: it reaches {reached} ms.',
    hint: 'Allow a higher p99, serve a smaller model, or measure on a faster machine.',
  },
  plan_check_unfit: {
    kind: 'invalid',
    message: '{path} cannot be compared with a prediction: {reason}.',
    hint: 'Give a report of `retort loadtest --rate N` or of `--find-capacity`, with one text a request.',
  },
  plan_prediction_off: {
    kind: 'invalid',
    message: 'The prediction is off by more than is allowed: {misses}.',
    hint: 'Measure the costs again on a quiet machine, with the texts and the settings of the run.',
  },
  reports_off: {
    kind: 'not_found',
    message: 'This server was given no folder of load reports.',
    hint: 'Start it with --reports FOLDER.',
  },
  reports_missing: {
    kind: 'not_found',
    message: 'The folder of load reports {path} cannot be read.',
    hint: 'Create it, or start the server with another --reports.',
  },
  report_unknown: {
    kind: 'not_found',
    message: 'There is no load report {name}.',
    hint: 'GET /v1/load-reports lists them.',
  },
});
