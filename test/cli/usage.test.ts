/** The command line itself: help for everything, and errors that say what to do in the form that was asked for. */
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { killAll, retort } from './retort.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'retort-usage-'));
  await mkdir(path.join(folder, 'broken-run'));
  await writeFile(path.join(folder, 'broken-run', 'run.json'), '{');
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(killAll);

describe('help', () => {
  /** The commands that a help text lists, `help` itself left out. */
  const listed = (help: string) =>
    [...(/\nCommands:\n(.*?)\n\n/s.exec(`${help}\n`)?.[1] ?? '').matchAll(/^ {2}([a-z]\S*)/gm)]
      .map(([, name = '']) => name)
      .filter((name) => name !== 'help');

  test('is there for every command, with examples that start it', async () => {
    const visit = async (command: string[]): Promise<string[]> => {
      const { status, stdout, stderr } = await retort(...command, '--help');
      expect({ command, status, stderr }).toEqual({ command, status: 0, stderr: '' });
      expect(stdout).toContain(`Usage: ${['retort', ...command].join(' ')}`);
      const below = listed(stdout);
      if (below.length === 0)
        expect(stdout).toMatch(new RegExp(`Examples?:\n {2}retort ${command.join(' ')}`));
      const deeper = await Promise.all(below.map((name) => visit([...command, name])));
      return below.length === 0 ? [command.join(' ')] : deeper.flat();
    };
    expect(await visit([])).toEqual(
      expect.arrayContaining(['serve', 'predict', 'data chnsenticorp', 'train student', 'export', 'compare']),
    );
  }, 120_000);

  test('is printed, with exit status 2, when no command is given', async () => {
    const { status, stdout, stderr } = await retort();
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain('Commands:');
  });

  test('has a version', async () => {
    expect(await retort('--version')).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
  });
});

describe('a wrong command line exits with 2 and names what is wrong:', () => {
  test.each([
    [['surve'], "unknown command 'surve' (Did you mean serve?)"],
    [['train', 'studnet'], "unknown command 'studnet' (Did you mean student?)"],
    [['predict', '好', '--modle', 'x'], "unknown option '--modle' (Did you mean --model?)"],
    [['export'], "missing required argument 'source'"],
    [['train', 'student', '--data', 'x.zip'], "required option '--out <folder>' not specified"],
    [['serve', '--models', 'student,'], 'names with commas between'],
    [['serve', '--port', '65536'], 'an integer from 0 to 65535'],
    [['inspect', 'model.onnx', '--shape', 'batch_size'], 'NAME=SIZE, with commas between'],
    [['inspect', 'model.onnx', '--verify', 'golden.json'], "--verify is of a checkpoint's folder"],
    [['inspect', 'checkpoint', '--shape', 'batch_size=1'], '--shape is of an ONNX file'],
    [['bench', 'generator', '--rates', '100,fast'], 'a number from 0.1 to 1000000'],
    [['serve', '--log-level', 'loud'], 'Allowed choices are silent, fatal, error, warn, info, debug'],
    [['train', 'student', '--data', 'x', '--out', 'y', '--dropout', ''], 'a number from 0 to 0.95'],
  ])('%j', async (commandLine, complaint) => {
    const { status, stdout, stderr } = await retort(...commandLine);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(complaint);
    expect(stderr).toContain('--help');
    expect(stderr).toContain('(command_line_invalid)');
  });
});

describe('an error has its message, hint and code, and no stack trace:', () => {
  const missing = (name: string) => path.join(folder, name);
  const cases: [string, number, () => string[]][] = [
    ['run_missing', 1, () => ['export', missing('run')]],
    ['run_malformed', 1, () => ['export', path.join(folder, 'broken-run')]],
    ['bundle_missing', 1, () => ['predict', '好', '--model', missing('bundle')]],
    ['bundle_missing', 1, () => ['compare', missing('bundle')]],
    ['onnx_missing', 1, () => ['inspect', missing('model.onnx')]],
    ['checkpoint_missing', 1, () => ['inspect', missing('checkpoint')]],
    ['opset_outside', 1, () => ['export', missing('run'), '--opset', '12']],
    ['export_ir_version_outside', 2, () => ['export', missing('run'), '--ir-version', '3']],
    ['model_missing', 1, () => ['predict', '好', '--model', 'pupil']],
    ['data_file_missing', 1, () => ['evaluate', '--data', missing('x.zip')]],
    ['notes_missing', 1, () => ['export', missing('run'), '--notes', missing('notes.md')]],
    ['texts_file_missing', 1, () => ['predict', '--input', missing('texts.txt')]],
    ['texts_missing', 2, () => ['predict']],
    [
      'command_line_invalid',
      2,
      () => ['quantize', missing('a.onnx'), missing('b.onnx'), '--data', missing('x')],
    ],
    ['repository_missing', 1, () => ['serve', '--port', '0', '--repository', missing('models')]],
    ['address_unusable', 2, () => ['serve', '--port', '0', '--host', '192.0.2.1']],
    ['data_file_missing', 1, () => ['train', 'student', '--data', missing('x.zip'), '--out', missing('out')]],
    ['comparison_engine_unknown', 2, () => ['compare', '--engines', 'warp']],
    ['loadtest_host_refused', 2, () => ['loadtest', 'http://192.0.2.1:80']],
    [
      'download_url_invalid',
      2,
      () => ['data', 'chnsenticorp', '--url', 'nowhere', '--out', missing('x.zip')],
    ],
  ];

  test.each(cases)('%s', async (code, expected, commandLine) => {
    const { status, stdout, stderr } = await retort(
      ...commandLine(),
      ...(code === 'repository_missing' ? ['--log-level', 'silent'] : []),
    );
    expect({ status, stdout }).toEqual({ status: expected, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^error: .+\n {2}\\S.+\n {2}\\(${code}\\)\n$`));
  });

  test.each([
    ['texts_missing', 2, ['predict']],
    ['run_missing', 1, ['export', 'nowhere']],
    ['command_line_invalid', 2, ['loadtest']],
  ])('%s as JSON, on standard error', async (code, expected, commandLine) => {
    const { status, stdout, stderr } = await retort(...commandLine, '--json');
    expect({ status, stdout }).toEqual({ status: expected, stdout: '' });
    expect(JSON.parse(stderr)).toEqual({
      error: { code, message: expect.any(String), hint: expect.any(String) },
    });
  });

  test('port_in_use', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    try {
      const { status, stderr } = await retort('serve', '--port', String(port));
      expect(status).toBe(2);
      expect(stderr).toMatch(
        new RegExp(`^error: Port ${port} on 127.0.0.1 is taken.\n.*--port.*\n.*port_in_use`),
      );
    } finally {
      await new Promise((resolve) => other.close(resolve));
    }
  });
});
