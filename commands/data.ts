/** `retort data`: fetches public data sets. */
import path from 'node:path';
import type { Command } from 'commander';
import { catalog, type PublicDataset } from '../training/data/catalog.js';
import { download, type DownloadProgress } from '../training/data/download.js';
import { registerHoldOut } from './hold-out.js';
import { interruptible } from './interruption.js';

interface Options {
  readonly url: string;
  readonly out: string;
  readonly json?: true;
}

export function register(program: Command, datasets: readonly PublicDataset[] = catalog): void {
  const data = program
    .command('data')
    .description('fetch a public data set, or set rows of a file aside to measure on')
    .addHelpText('after', `\nExample:\n  retort data ${datasets[0]?.name ?? ''}\n`);
  for (const dataset of datasets) {
    const file = path.posix.basename(new URL(dataset.url).pathname);
    data
      .command(dataset.name)
      .summary(dataset.description)
      .description(
        `Fetches ${dataset.description}. Terms: ${dataset.terms}. The md5 of the file is checked (${dataset.md5}); ` +
          'a download that was cut off goes on where it stopped.',
      )
      .option('--out <file>', 'where it goes', file)
      .option('--url <url>', 'another place to fetch the same file from', dataset.url)
      .option('--json', 'print the result as one JSON object')
      .addHelpText('after', examples(dataset.name, file))
      .action((options: Options) => run(dataset, options));
  }
  registerHoldOut(data);
}

const examples = (name: string, file: string) => `
Examples:
  retort data ${name}
  retort data ${name} --out data/${file} --json

A file that is there already is checked and not fetched again, so one that was brought by other means will do.
`;

async function run(known: PublicDataset, { url, out, json }: Options): Promise<void> {
  const dataset = { ...known, url };
  const progress = progressPrinter(path.basename(out));
  const report = await interruptible((signal) =>
    download(dataset, { out, signal, onProgress: progress.show }),
  ).finally(() => {
    progress.end();
  });
  const { terms } = dataset;
  if (json === true) process.stdout.write(`${JSON.stringify({ ...report, url, terms })}\n`);
  else {
    const size = `${report.path}: ${mebibytes(report.bytes)} MiB, md5 ${report.md5} as it should be`;
    process.stdout.write(
      `${size}${report.fetched ? '' : '; it was there already and was not fetched again'}\n` +
        `Terms of the data: ${terms}.\n`,
    );
  }
}

/** Milliseconds between two lines: on a terminal, where each is written over the one before, and elsewhere. */
const intervals = { terminal: 100, elsewhere: 2000 } as const;

/** Bytes, rate and remaining time, on standard error. */
function progressPrinter(name: string): {
  readonly show: (progress: DownloadProgress) => void;
  readonly end: () => void;
} {
  const terminal = process.stderr.isTTY;
  const interval = terminal ? intervals.terminal : intervals.elsewhere;
  let first: { readonly bytes: number; readonly at: number } | null = null;
  let shownAt = -Infinity;
  return {
    show({ bytes, total }) {
      const now = performance.now();
      first ??= { bytes, at: now };
      if (now - shownAt < interval && bytes !== total) return;
      shownAt = now;
      const rate = (bytes - first.bytes) / ((now - first.at) / 1000);
      const parts = [
        `${name}: ${mebibytes(bytes)}${total === null ? '' : `/${mebibytes(total)}`} MiB`,
        ...(rate > 0 && Number.isFinite(rate) ? [`${mebibytes(rate)} MiB/s`] : []),
        ...(rate > 0 && total !== null ? [`${((total - bytes) / rate).toFixed(0)} s left`] : []),
      ];
      process.stderr.write(terminal ? `\r\u001b[2K${parts.join('  ')}` : `${parts.join('  ')}\n`);
    },
    end() {
      if (terminal && first !== null) process.stderr.write('\r\u001b[2K');
    },
  };
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(2);
}
