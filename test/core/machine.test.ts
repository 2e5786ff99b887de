import { describe, expect, it } from '@jest/globals';
import { describeMachine, machineLine, machineSchema } from '../../core/machine.js';

describe('the machine', () => {
  it('fits its own schema and names the runtimes', () => {
    const machine = describeMachine();
    expect(machineSchema.parse(JSON.parse(JSON.stringify(machine)))).toEqual(machine);
    expect(machine.onnxruntime).toHaveProperty('onnxruntime-node');
    expect(machine.onnxruntime).toHaveProperty('onnxruntime-web');
  });

  it('is one line of text', () => {
    const line = machineLine({
      platform: 'linux x64',
      cpu: 'A CPU',
      cores: 2,
      cpuQuota: 1.5,
      instructionSets: ['avx2'],
      node: '20.0.0',
      onnxruntime: { 'onnxruntime-node': '1.2.3' },
      loadAverage: [0.5, 1, 2],
    });
    expect(line).toBe(
      'A CPU (avx2), 2 cores, quota 1.5, linux x64, Node 20.0.0, onnxruntime-node 1.2.3, load 0.50 1.00 2.00',
    );
  });
});
