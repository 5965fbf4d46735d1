import { LocalFault } from './fault.ts';
import type { Part } from './part.ts';

interface Container {
  getHost(): string;
  getMappedPort(port: number): number;
  stop(): Promise<unknown>;
}

type Testcontainers = typeof import('testcontainers');

async function testcontainers(): Promise<Testcontainers> {
  try {
    return await import('testcontainers');
  } catch {
    throw new LocalFault('IAROS_DOCKER=1 needs the package testcontainers: run npm install, or unset IAROS_DOCKER.');
  }
}

async function started<T>(what: string, start: () => Promise<T>): Promise<T> {
  try {
    return await start();
  } catch (error) {
    const reason = (error as Error).message.split('\n')[0];
    throw new LocalFault(`Docker could not run ${what} (${reason}): start the Docker engine, or unset IAROS_DOCKER.`);
  }
}

function part(service: string, image: string, container: Container, address: string): Part {
  const stop = async () => void (await container.stop());
  // A stopped container cannot be had again under its address, and one that must go at once is reaped by testcontainers itself.
  const start = async () =>
    Promise.reject(new LocalFault(`${service} runs in Docker: start it with the docker command.`));
  return { service, found: `Docker, ${image}`, address, process: { start, stop, kill: () => {} } };
}

const at = (container: Container, port: number) => `${container.getHost()}:${container.getMappedPort(port)}`;

/** Each part as a container; data live as long as the container does. */
export const dockerParts = {
  async kafka(): Promise<Part> {
    const image = 'confluentinc/cp-kafka:8.1.0';
    const { KafkaContainer } = await import('@testcontainers/kafka');
    const container = await started('Kafka', () =>
      new KafkaContainer(image)
        .withKraft()
        .withEnvironment({
          KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
          KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
          KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
          KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
          KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
          KAFKA_TRANSACTION_MAX_TIMEOUT_MS: '60000',
        })
        .start(),
    );
    return part('Kafka', image, container, at(container, 9093));
  },

  async registry(): Promise<Part> {
    const image = 'apicurio/apicurio-registry-mem:2.6.13.Final';
    const { GenericContainer, Wait } = await testcontainers();
    const container = await started('the schema registry', () =>
      new GenericContainer(image)
        .withExposedPorts(8080)
        .withWaitStrategy(Wait.forHttp('/apis/ccompat/v7/subjects', 8080))
        .start(),
    );
    return part('Schema registry', image, container, `http://${at(container, 8080)}/apis/ccompat/v7`);
  },

  async redis(): Promise<Part> {
    const image = 'redis:8';
    const { GenericContainer, Wait } = await testcontainers();
    const container = await started('Redis', () =>
      new GenericContainer(image)
        .withExposedPorts(6379)
        .withCommand(['redis-server', '--appendonly', 'yes', '--appendfsync', 'everysec', '--save', ''])
        .withWaitStrategy(Wait.forLogMessage('Ready to accept connections'))
        .start(),
    );
    return part('Redis', image, container, `redis://${at(container, 6379)}`);
  },

  async postgres(): Promise<Part> {
    const image = 'postgres:18';
    const { GenericContainer, Wait } = await testcontainers();
    const container = await started('Postgres', () =>
      new GenericContainer(image)
        .withExposedPorts(5432)
        .withEnvironment({ POSTGRES_USER: 'iaros', POSTGRES_DB: 'iaros', POSTGRES_HOST_AUTH_METHOD: 'trust' })
        // The first time it says so is the image's own set-up run.
        .withWaitStrategy(Wait.forLogMessage('database system is ready to accept connections', 2))
        .start(),
    );
    return part('Postgres', image, container, `postgres://iaros@${at(container, 5432)}/iaros`);
  },

  async clickhouse(): Promise<Part> {
    const image = 'clickhouse/clickhouse-server:26.7';
    const { GenericContainer, Wait } = await testcontainers();
    const container = await started('ClickHouse', () =>
      new GenericContainer(image)
        .withExposedPorts(8123)
        .withEnvironment({ CLICKHOUSE_SKIP_USER_SETUP: '1' })
        .withWaitStrategy(Wait.forHttp('/ping', 8123))
        .start(),
    );
    return part('ClickHouse', image, container, `http://${at(container, 8123)}`);
  },
};
