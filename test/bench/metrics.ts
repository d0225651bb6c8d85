/** The sum of a metric's series that have these labels, as a service shows them at /metrics. */
export async function metricOf(
  url: string,
  name: string,
  labels: Readonly<Record<string, string>>,
): Promise<number> {
  const response = await fetch(`${url}/metrics`);
  if (!response.ok) throw new Error(`${url}/metrics answered ${String(response.status)}`);
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  const series = (await response.text()).split('\n').filter((line) => line.startsWith(`${name}{`));
  const found = series.filter((line) => wanted.every((label) => line.includes(label)));
  return found.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}
