/** Of a node's session with a partition, in the order in which a chunk passes them. `first-effect` is passed by every single step. */
export const SESSION_POINTS = [
  /** Records are there, nothing was done with them. */
  'fetched',
  /** A step has had its effects on ports; the state store does not know. */
  'first-effect',
  /** All steps of the chunk are in the state store; Kafka does not know. */
  'effects',
  /** The transaction's coordinator knows where it will write. */
  'partitions-added',
  /** Outputs are written. */
  'produced',
  /** The input's offset is written. */
  'offsets',
  /** The end of the transaction was asked for; its answer has not been read. */
  'end-sent',
  /** The transaction has ended; the consumer does not know. */
  'committed',
] as const;
export type SessionPoint = (typeof SESSION_POINTS)[number];

/** Ports whose effects leave this platform. */
export const OUTSIDE_PORTS = ['payment', 'reservation', 'notification'] as const;
export type OutsidePort = (typeof OUTSIDE_PORTS)[number];

/** Of a call that leaves the platform: it is under way; its answer is there and nobody has acted on it. */
export const PORT_POINTS = ['sent', 'answered'] as const;
export type PortPoint = (typeof PORT_POINTS)[number];

/** Points of the parts that are no node, by part. */
export const PART_POINTS = {
  timers: ['read', 'published', 'disarmed'],
  ingress: ['unconfirmed', 'confirmed'],
  'postgres-sink': ['offsets', 'written', 'committed'],
  'clickhouse-sink': ['planned', 'sent', 'inserted', 'settled'],
  /** Passed only by a sink that finds a batch planned and not settled. */
  'clickhouse-redo': ['inserted'],
} as const;
type Parts = typeof PART_POINTS;
export type PartPoint<Part extends keyof Parts> = Parts[Part][number];

/** Every point at which a process can be told to die. */
export type Failpoint =
  | `${string}.${SessionPoint}`
  | `${OutsidePort}.${PortPoint}`
  | { [Part in keyof Parts]: `${Part}.${PartPoint<Part>}` }[keyof Parts];
