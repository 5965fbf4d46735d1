import type { ServerPorts } from './ports.ts';

export interface Addresses {
  kafkaBrokers: string[];
  schemaRegistryUrl: string;
  redisUrl: string;
  databaseUrl: string;
  clickhouseUrl: string;
}

/** A further Kafka listener on loopback, for clients that reach it by another address than it listens on. */
export interface ForwardedListener {
  port: number;
  /** `host:port` that the broker names to clients of this listener. */
  advertised: string;
}

/** What each part gets to start from. Folders are absolute. */
export interface PartContext {
  dataDir: string;
  cacheDir: string;
  env: NodeJS.ProcessEnv;
  ports: ServerPorts;
  kafkaForwarded?: ForwardedListener | undefined;
  say: (line: string) => void;
  /** Called when a server has a new pid. */
  changed: () => void;
}

/** What this stack can start, stop and end. */
export interface Startable {
  readonly pid?: number | undefined;
  start(): Promise<void>;
  stop(): Promise<void>;
  kill(): void;
}

/** A running server of the stack, whoever started it. */
export interface Part {
  service: string;
  /** How it was had, in a few words: "KAFKA_BROKERS is set", "Docker, redis:8", "Maven, Kafka 4.4.0". */
  found: string;
  address: string;
  /** Undefined for a server that is given by address: it is not ours to stop. */
  process?: Startable;
}
