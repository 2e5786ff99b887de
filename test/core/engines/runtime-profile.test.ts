import { describe, expect, it } from '@jest/globals';
import { OrtEagerOps } from '../../../core/engines/ort-eager-ops.js';
import { runsOf } from '../../../core/engines/runtime-profile.js';
import { float32 } from '../../../core/tensor.js';

const event = (cat: string, name: string, ts: number, dur: number, op?: string) => ({
  cat,
  name,
  ts,
  dur,
  ph: 'X',
  args: op === undefined ? {} : { op_name: op, provider: 'CPUExecutionProvider' },
});

describe("ONNX Runtime's profile", () => {
  it('is runs of kernels, those of a subgraph within their operator', () => {
    const trace = [
      event('Session', 'model_loading_uri', 0, 5000),
      event('Node', 'm_kernel_time', 6010, 400, 'MatMul'),
      event('Node', 'body_kernel_time', 6450, 30, 'Add'),
      event('Node', 'body_kernel_time', 6490, 30, 'Add'),
      event('Node', 's_kernel_time', 6430, 200, 'Scan'),
      event('Node', 's_fence_before', 6420, 1),
      event('Session', 'SequentialExecutor::Execute', 6005, 700),
      event('Session', 'model_run', 6000, 750),
      event('Node', 'm_kernel_time', 7010, 300, 'MatMul'),
      event('Session', 'model_run', 7000, 350),
    ];
    expect(runsOf(trace)).toEqual([
      {
        milliseconds: 0.75,
        kernels: [
          { op: 'MatMul', milliseconds: 0.4 },
          { op: 'Scan', milliseconds: 0.2 },
        ],
      },
      { milliseconds: 0.35, kernels: [{ op: 'MatMul', milliseconds: 0.3 }] },
    ]);
  });

  it('of the eager interpreter has a span and a session run for each op', async () => {
    const ops = new OrtEagerOps({ profiling: true });
    const x = ops.constant(float32([1, 2], [2]));
    await ops.add(ops.mul(x, x), ops.mul(x, ops.neg(x)));
    const { spans, sessions } = await ops.endProfiling();
    await ops.close();
    expect(spans).toHaveLength(4);
    const kernels = sessions.flatMap((runs) => runs.flatMap((run) => run.kernels.map(({ op }) => op)));
    expect(kernels.sort()).toEqual(['Add', 'Mul', 'Mul', 'Neg']);
  });
});
