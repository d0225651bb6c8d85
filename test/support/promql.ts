import { parser } from '@prometheus-io/lezer-promql';

/** A metric that an expression selects, and the labels that it is selected by. */
export interface Selector {
  metric: string;
  labels: string[];
}

/** The selectors of a PromQL expression, by Prometheus' own grammar. Throws where it is not PromQL. */
export function selectorsOf(expression: string): Selector[] {
  const selectors: Selector[] = [];
  parser.parse(expression).iterate({
    enter: ({ type, name, from, to, node }) => {
      if (type.isError) throw new Error(`not PromQL at ${String(from)}: ${expression}`);
      if (name !== 'VectorSelector') return;
      const labels: string[] = [];
      node.cursor().iterate((inner) => {
        if (inner.name === 'LabelName' && inner.from < to) labels.push(textOf(expression, inner));
      });
      const metric = node.getChild('Identifier');
      selectors.push({ metric: metric ? textOf(expression, metric) : '', labels });
    },
  });
  return selectors;
}

/** A dashboard's expression as Grafana sends it. */
export function filledIn(expression: string): string {
  return expression.replaceAll('$__rate_interval', '5m').replaceAll('$job', 'alert-watcher');
}

function textOf(expression: string, { from, to }: { from: number; to: number }): string {
  return expression.slice(from, to);
}
