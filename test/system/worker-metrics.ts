/** The values of a counter of a worker that serves its metrics on the port, by the `node` label. */
export async function countsByNode(port: number, metric: string): Promise<Record<string, number>> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const lines = text.matchAll(new RegExp(`^${metric}\\{node="([^"]+)"\\} (\\d+)$`, 'gm'));
  return Object.fromEntries([...lines].map(([, node, value]) => [node as string, Number(value)]));
}
