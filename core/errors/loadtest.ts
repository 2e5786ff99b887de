/** Errors of load tests and benches. */
import { define } from './entry.js';

export const loadtestErrors = define({
  loadtest_url_invalid: {
    kind: 'usage',
    message: '{url} is not the URL of an HTTP server.',
    hint: 'Give a URL such as http://127.0.0.1:8080.',
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
});
