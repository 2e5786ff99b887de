/** Opens a session with an execution provider, or with the CPU where that is allowed. */
import './no-telemetry.js';
import { RetortError } from '../errors.js';
import { acceleratorNames, type ProviderName } from './providers.js';
import { openSession, type Session, type SessionOptions } from './session.js';

export interface ProviderChoice {
  /** auto: the first accelerator built into ONNX Runtime that opens, or else the CPU. */
  readonly provider: ProviderName | 'auto';
  /** Whether the CPU computes where the provider cannot be opened. */
  readonly fallback: boolean;
}

export interface OpenedSession {
  readonly session: Session;
  /** The one in use. */
  readonly provider: ProviderName;
  /** Why another is not; empty where the one that was asked for is in use. */
  readonly warnings: readonly string[];
}

type Open = (provider: ProviderName) => Promise<Session>;

/** @throws RetortError session_refused; provider_missing where there is no fallback */
export async function openWithProvider(
  model: string,
  choice: ProviderChoice,
  options: Omit<SessionOptions, 'provider' | 'engine'>,
): Promise<OpenedSession> {
  const built = choice.provider === 'auto' ? await builtProviders() : [];
  return chooseProvider(choice, built, (provider) => openSession(model, { ...options, provider }));
}

/** @param built into the installed ONNX Runtime */
export async function chooseProvider(
  { provider, fallback }: ProviderChoice,
  built: readonly string[],
  open: Open,
): Promise<OpenedSession> {
  if (provider !== 'auto' && (!fallback || provider === 'cpu'))
    return { session: await open(provider), provider, warnings: [] };
  const wanted = provider === 'auto' ? acceleratorNames.filter((name) => built.includes(name)) : [provider];
  const warnings: string[] = [];
  for (const name of wanted) {
    try {
      return { session: await open(name), provider: name, warnings };
    } catch (error) {
      if (!(error instanceof RetortError) || error.code !== 'provider_missing') throw error;
      warnings.push(`the CPU computes: ${error.message}`);
    }
  }
  return { session: await open('cpu'), provider: 'cpu', warnings };
}

async function builtProviders(): Promise<string[]> {
  const { listSupportedBackends } = await import('onnxruntime-node');
  return listSupportedBackends().map(({ name }) => name);
}
