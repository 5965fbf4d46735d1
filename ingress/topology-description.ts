import type { Flow } from '../topology/define.ts';
import { flowEdges } from '../topology/edges.ts';
import { groupOf, inputsOf, topicsOf } from '../topology/topics.ts';

/**
 * The flow as GET /topology answers it. In an edge null stands for the outside: channels and timers before, sinks and
 * readers behind.
 */
export function topologyDescription(flow: Flow) {
  return {
    name: flow.name,
    nodes: flow.nodes.map((node) => ({
      name: node.name,
      kind: node.kind,
      summary: node.summary,
      takes: node.kind === 'processor' ? node.on : [node.accepts],
      emits: node.emits,
      uses: node.uses,
      group: groupOf(node.name),
      reads: inputsOf(node),
    })),
    edges: flowEdges(flow),
    topics: topicsOf(flow).map(({ name, visibility, record, cleanup, retentionMs }) => ({
      name,
      visibility,
      record,
      cleanup,
      retentionMs,
    })),
  };
}
