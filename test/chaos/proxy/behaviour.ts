/** Kafka requests whose replies can be lost, with the numbers that the protocol gives them. */
export const KAFKA_APIS = {
  Produce: 0,
  InitProducerId: 22,
  AddPartitionsToTxn: 24,
  AddOffsetsToTxn: 25,
  EndTxn: 26,
  TxnOffsetCommit: 28,
} as const;
export type KafkaApi = keyof typeof KAFKA_APIS;

/** What a proxy does to the bytes that pass. One at a time; connections made before feel it too. */
export type Behaviour =
  | { kind: 'pass' }
  /** Every chunk arrives `ms` ± `jitterMs` later, in order. */
  | { kind: 'latency'; ms: number; jitterMs: number }
  /** Each direction of each connection carries so much. */
  | { kind: 'bandwidth'; bytesPerSecond: number }
  /** Each connection is reset once so many more bytes have passed, both directions together. */
  | { kind: 'reset'; afterBytes: number }
  /** Connections are accepted and stay open; nothing passes. What was sent meanwhile arrives afterwards. */
  | { kind: 'frozen' }
  /** As `frozen`, and connections made before or during it stay dead for ever: only new ones work afterwards. */
  | { kind: 'half_open' }
  /** Nobody listens; open connections are reset. */
  | { kind: 'refuse' }
  /** The next `count` replies to the request never arrive; with `cut` the connection is reset in their place. */
  | { kind: 'drop_reply'; api: KafkaApi; count: number; cut: boolean };

export const PASS: Behaviour = { kind: 'pass' };
