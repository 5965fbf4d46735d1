import { INGRESS_NODE_FLAGS } from '../node-flags.ts';
import { SINKS, type SinkName } from '../topics.ts';
import type { Flow } from '../define.ts';

/** What runs in a cluster as a Deployment of its own. */
export interface Workload {
  name: string;
  summary: string;
  /** Arguments to node. */
  args: readonly string[];
  port: { name: string; number: number; env: string };
  replicas: number;
  /** Whether it opens or seals personal data, and so gets the keys to it. */
  personalData: boolean;
  /** More than this and the cluster ends it. */
  memoryLimit: string;
}

const WORKER_PORT = { name: 'worker', number: 9464, env: 'IAROS_WORKER_PORT' };

/** Sinks: they read every public topic, and need no keys. */
const SINK_SUMMARIES: Record<SinkName, string> = {
  'postgres-sink': 'writes the read model and the ledger',
  'clickhouse-sink': 'writes what analysts read',
};

/** Every process of the flow: a node each, the sinks, the ingress. */
export function workloadsOf(flow: Flow): Workload[] {
  const worker = (name: string, summary: string): Workload => ({
    name,
    summary,
    args: ['topology/cli.ts', 'run', name],
    port: WORKER_PORT,
    replicas: 2,
    personalData: false,
    memoryLimit: '512Mi',
  });
  return [
    ...flow.nodes.map(({ name, summary, uses }) => ({ ...worker(name, summary), personalData: uses.includes('keys') })),
    // With a backlog before it, of which it fetches up to 32 MiB at once, a sink was seen to take 0.8 GB.
    ...SINKS.map((name) => ({ ...worker(name, SINK_SUMMARIES[name]), memoryLimit: '1Gi' })),
    {
      name: 'ingress',
      summary: 'turns requests into commands, and answers from the read model',
      args: [...INGRESS_NODE_FLAGS, 'ingress/main.ts'],
      port: { name: 'http', number: 8080, env: 'IAROS_PORT' },
      replicas: 2,
      personalData: true,
      memoryLimit: '1Gi',
    },
  ];
}
