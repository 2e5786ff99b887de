/** Asks for the time again and again, and tells when it did not run: workerData is for how many seconds. */
import { parentPort, workerData } from 'node:worker_threads';

/** Below it lie interrupts. */
const shortestGapMs = 0.5;

const gaps: number[] = [];
let lastMs = performance.now();
const endMs = lastMs + 1000 * Number(workerData);
while (lastMs < endMs) {
  const nowMs = performance.now();
  if (nowMs - lastMs >= shortestGapMs) gaps.push(nowMs - lastMs);
  lastMs = nowMs;
}
parentPort?.postMessage(gaps);
