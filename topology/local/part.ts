import type { Ports } from './ports.ts';

export interface Addresses {
  kafkaBrokers: string[];
  schemaRegistryUrl: string;
  redisUrl: string;
  databaseUrl: string;
  clickhouseUrl: string;
}

/** What each part gets to start from. Folders are absolute. */
export interface PartContext {
  dataDir: string;
  cacheDir: string;
  env: NodeJS.ProcessEnv;
  ports: Ports;
  say: (line: string) => void;
}

/** A running server of the stack, whoever started it. */
export interface Part {
  service: string;
  /** How it was had, in a few words: "KAFKA_BROKERS", "Docker", "Maven, Kafka 4.4.0". */
  found: string;
  address: string;
  /** Only of a process that this stack started. */
  pid?: number;
  stop(): Promise<void>;
}
