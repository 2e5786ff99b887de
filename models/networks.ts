/** The networks there are: adding one is a file and a line here. */
import { fail } from '../core/errors.js';
import type { Ops } from '../core/ops.js';
import { bilstm } from './bilstm.js';
import { ernie } from './ernie.js';
import { linear } from './linear.js';
import type { DropoutSite, Network, ParameterSpec, PortSpec } from './network.js';

const networks: readonly BoundNetworkFactory[] = [factory(bilstm), factory(ernie), factory(linear)];

/** A network with its configuration checked and bound. */
export interface BoundNetwork {
  readonly kind: string;
  readonly parameters: readonly ParameterSpec[];
  readonly inputs: readonly PortSpec[];
  readonly outputs: readonly PortSpec[];
  /** Tokens that a row may have at most; Infinity where there is no limit. */
  readonly mostTokens: number;
  readonly dropoutSites: readonly DropoutSite[];
  forward<T>(
    ops: Ops<T>,
    parameters: Readonly<Record<string, T>>,
    inputs: Readonly<Record<string, T>>,
    dropout?: Readonly<Record<string, T>>,
  ): Readonly<Record<string, T>>;
}

/**
 * The network of a manifest's `network` entry.
 * @throws RetortError network_unknown, network_config_invalid
 */
export function networkOf(kind: string, config: unknown): BoundNetwork {
  const found = networks.find((network) => network.kind === kind);
  if (found === undefined)
    throw fail('network_unknown', { kind, known: networks.map((n) => n.kind).join(', ') });
  return found.bind(config);
}

interface BoundNetworkFactory {
  readonly kind: string;
  bind(config: unknown): BoundNetwork;
}

function factory<Config>(network: Network<Config>): BoundNetworkFactory {
  return {
    kind: network.kind,
    bind(config) {
      const parsed = network.configSchema.safeParse(config);
      if (!parsed.success) {
        const reason = parsed.error.issues
          .map((issue) => `${issue.path.join('.')}: ${issue.message}`)
          .join('; ');
        throw fail('network_config_invalid', { kind: network.kind, reason });
      }
      const { data } = parsed;
      return {
        kind: network.kind,
        parameters: network.parameters(data),
        inputs: network.inputs(data),
        outputs: network.outputs(data),
        mostTokens: network.mostTokens?.(data) ?? Infinity,
        dropoutSites: network.dropoutSites(data),
        forward: (ops, parameters, inputs, dropout) =>
          network.forward(ops, data, parameters, inputs, dropout),
      };
    },
  };
}
