/** The dashboard and the metrics know each other: no query of a metric that is not there, no metric without a panel. */
import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { Metrics } from '../../serving/metrics.js';

const dashboardSchema = z.object({
  panels: z.array(z.object({ title: z.string(), targets: z.array(z.object({ expr: z.string() })) })),
});

/** What a histogram's series are called besides its name. */
const series = /_(?:bucket|sum|count)$/;

test('every query names metrics and labels that are exported, and every metric of Retort has a query', async () => {
  const { panels } = dashboardSchema.parse(
    JSON.parse(await readFile('ops/grafana/retort-serving.json', 'utf8')),
  );
  const { registry } = new Metrics(() => []);
  const exported = (await registry.getMetricsAsJSON()).map(({ name }) => name);
  const asked = new Set<string>();
  for (const { title, targets } of panels) {
    for (const { expr } of targets) {
      const names = expr.match(/\b(?:retort|process|nodejs)_\w+/g) ?? [];
      expect({ title, names: names.length > 0 }).toEqual({ title, names: true });
      for (const name of names) {
        const metric = exported.includes(name) ? name : name.replace(series, '');
        expect({ title, metric, exported: exported.includes(metric) }).toEqual({
          title,
          metric,
          exported: true,
        });
        asked.add(metric);
      }
    }
  }
  const own = exported.filter((name) => name.startsWith('retort_'));
  expect(own.filter((name) => !asked.has(name))).toEqual([]);
});
