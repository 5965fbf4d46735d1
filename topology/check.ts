import type { PortName } from '../connectors/ports/index.ts';
import { EVENT_TYPES } from '../schemas/types.ts';
import { type Flow, type FlowNode, NEEDS_NO_COMPENSATION } from './define.ts';
import { takersOf } from './edges.ts';
import { STATUSES, TRANSITIONS } from './order-states.ts';
import { isAtRest, type Move, type Position, positionKey, statusesReached, walk } from './walk.ts';

/** Names that mean something else to `iaros run`. */
const RESERVED = ['all', 'sinks', 'ingress'];

/** Everything wrong with a flow, a sentence each; empty for one that can run. */
export function checkFlow(flow: Flow): string[] {
  const moves = walk(flow);
  return [
    ...checkNames(flow),
    ...checkInputs(flow),
    ...checkTable(flow),
    ...checkTakers(flow, moves),
    ...checkEmits(flow, moves),
    ...checkReach(flow, moves),
    ...checkCompensation(flow, moves),
  ];
}

function checkNames({ nodes }: Flow): string[] {
  const names = nodes.map(({ name }) => name);
  return [
    ...names
      .filter((name) => !/^[a-z]+(-[a-z]+)*$/.test(name))
      .map((name) => `node name ${name} is not lower case with hyphens`),
    ...names.filter((name) => RESERVED.includes(name)).map((name) => `node name ${name} is reserved`),
    ...repeated(names).map((name) => `node name ${name} is used twice`),
  ];
}

/** Each command and timer kind has one node; no node lists an event twice. */
function checkInputs({ nodes }: Flow): string[] {
  const accepted = nodes.flatMap((node) => (node.kind === 'processor' ? [] : [node.accepts]));
  return [
    ...repeated(accepted).map((kind) => `${kind} is accepted by two nodes`),
    ...nodes.flatMap((node) =>
      node.kind === 'processor' ? repeated(node.on).map((type) => `node ${node.name} lists ${type} twice`) : [],
    ),
    ...nodes.flatMap((node) => repeated(node.emits).map((type) => `node ${node.name} emits ${type} twice`)),
  ];
}

/** Each event has one row in the state table and a node that emits it. */
function checkTable({ nodes }: Flow): string[] {
  const rows = TRANSITIONS.map(({ event }) => event);
  const emitted = new Set(nodes.flatMap((node) => node.emits));
  return [
    ...EVENT_TYPES.filter((type) => !rows.includes(type)).map((type) => `event ${type} has no row in the state table`),
    ...repeated(rows).map((type) => `event ${type} has two rows in the state table`),
    ...EVENT_TYPES.filter((type) => !emitted.has(type)).map((type) => `event ${type} is emitted by no node`),
  ];
}

/** Where an order does not rest, exactly one processor takes it on; where it rests, none does. */
function checkTakers(flow: Flow, moves: readonly Move[]): string[] {
  return distinct(
    positionsOf(moves).flatMap((position) => {
      const takers = takersOf(flow, position.event);
      if (isAtRest(position))
        return takers.map(
          (name) => `node ${name} takes ${position.event}, after which the order rests as ${position.status}`,
        );
      if (takers.length === 1) return [];
      return [
        takers.length === 0
          ? `event ${position.event} is taken by no node`
          : `event ${position.event} is taken by ${takers.join(' and ')}`,
      ];
    }),
  );
}

/**
 * Each emitted event is a legal move from some position its node can meet, and from each such position there is a way
 * on.
 */
function checkEmits(flow: Flow, moves: readonly Move[]): string[] {
  const made = new Set(moves.map(({ node, to }) => `${node.name} ${to.event}`));
  const illegal = flow.nodes.flatMap((node) =>
    node.emits
      .filter((type) => !made.has(`${node.name} ${type}`))
      .map((type) => `node ${node.name} emits ${type}, which is legal in no state it can meet`),
  );
  const stuck = positionsOf(moves)
    .filter((position) => !isAtRest(position))
    .flatMap((position) =>
      processorsOn(flow, position)
        .filter(
          (node) =>
            !moves.some(
              (move) => move.node === node && move.from !== null && positionKey(move.from) === positionKey(position),
            ),
        )
        .map(
          (node) =>
            `node ${node.name} has no legal event for an order that is ${position.status} after ${position.event}`,
        ),
    );
  return [...illegal, ...stuck];
}

function checkReach(flow: Flow, moves: readonly Move[]): string[] {
  const statuses = statusesReached(moves);
  const working = new Set(moves.map(({ node }) => node));
  return [
    ...STATUSES.filter((status) => !statuses.has(status)).map((status) => `status ${status} is never reached`),
    ...flow.nodes.filter((node) => !working.has(node)).map((node) => `node ${node.name} is never reached`),
  ];
}

/** The effects of a node can be taken back by a node that orders can still get to. */
function checkCompensation(flow: Flow, moves: readonly Move[]): string[] {
  return flow.nodes.flatMap((node) =>
    node.uses
      .filter((port) => !(port in NEEDS_NO_COMPENSATION) && !node.compensates?.includes(port))
      .flatMap((port) => compensationFaults(node, port, flow, moves)),
  );
}

function compensationFaults(node: FlowNode, port: PortName, flow: Flow, moves: readonly Move[]): string[] {
  const compensators = flow.nodes.filter((other) => other.compensates?.includes(port));
  if (compensators.length === 0) return [`node ${node.name} uses ${port}, and no node takes its effects back`];
  const later = nodesAfter(node, moves);
  if (compensators.some((other) => later.has(other))) return [];
  return [
    `after node ${node.name} no order gets to ${compensators.map(({ name }) => name).join(' or ')}, which takes back the effects of ${port}`,
  ];
}

/** All nodes that may work on an order after the given one. */
function nodesAfter(node: FlowNode, moves: readonly Move[]): Set<FlowNode> {
  const found = new Set<FlowNode>();
  const queue = moves.filter((move) => move.node === node).map(({ to }) => positionKey(to));
  const seen = new Set(queue);
  for (const key of queue) {
    for (const move of moves.filter(({ from }) => from !== null && positionKey(from) === key)) {
      found.add(move.node);
      const next = positionKey(move.to);
      if (seen.has(next)) continue;
      seen.add(next);
      queue.push(next);
    }
  }
  return found;
}

const processorsOn = (flow: Flow, { event }: Position): FlowNode[] =>
  flow.nodes.filter((node) => node.kind === 'processor' && node.on.includes(event));

const positionsOf = (moves: readonly Move[]): Position[] => [
  ...new Map(moves.map(({ to }) => [positionKey(to), to])).values(),
];

const repeated = <Value>(values: readonly Value[]): Value[] =>
  distinct(values.filter((value, index) => values.indexOf(value) < index));

const distinct = <Value>(values: readonly Value[]): Value[] => [...new Set(values)];
