/** A plan as a page: what each size of replica takes, and what it costs by rate. */
import { lineY, ruleX, ruleY } from '@observablehq/plot';
import { chart } from '../../core/report/chart.js';
import { reportPage } from '../../core/report/page.js';
import { table } from '../../core/report/table.js';
import type { ServingCosts } from './costs.js';
import type { Plan } from './plan.js';
import { planConditions, planHead, planRow, planSentence } from './render-plan.js';

export function planPage(plan: Plan, costs: ServingCosts): string {
  const points = plan.curve.map(({ rate, cores, memoryBytes, size }) => ({
    rate,
    cores,
    gibibytes: memoryBytes / 2 ** 30,
    size: `${size} core${size === 1 ? '' : 's'} a replica`,
  }));
  const sizes = [...new Set(points.map(({ size }) => size))];
  const curve = (caption: string, y: 'cores' | 'gibibytes', label: string) =>
    chart(caption, {
      x: {
        label: 'texts/s',
        type: 'log',
        grid: true,
        tickFormat: (rate: number) => rate.toLocaleString('en'),
      },
      y: { label, type: 'log', grid: true },
      color: { legend: true, domain: sizes },
      marks: [
        ruleX([plan.rate], { strokeDasharray: '4' }),
        ruleY([1], { strokeOpacity: 0 }),
        lineY(points, { x: 'rate', y, stroke: 'size', z: 'size', curve: 'step-before' }),
      ],
    });
  return reportPage({
    title: `Capacity plan of ${plan.bundle}`,
    summary: `${planConditions(costs, plan)}.`,
    sections: [
      { heading: planSentence(plan), body: table(planHead, plan.options.map(planRow)) },
      {
        heading: 'What a rate costs',
        body: [
          curve(
            `Cores that keep a p99 of ${plan.p99BoundMs} ms, ${plan.spare} spare replica${plan.spare === 1 ? '' : 's'} counted; the broken line is the rate of the plan`,
            'cores',
            'cores',
          ),
          curve('Memory of the same', 'gibibytes', 'GiB'),
        ],
      },
    ],
  });
}
