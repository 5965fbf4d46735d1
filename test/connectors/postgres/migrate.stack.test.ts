import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { migratePostgres } from '../../../connectors/postgres/migrate.ts';
import { type OwnDatabase, ownDatabase } from './own-database.ts';

let database: OwnDatabase;
beforeAll(async () => {
  database = await ownDatabase(inject('stack').databaseUrl, { migrated: false });
});
afterAll(() => database.drop());

test('several processes at once bring the schema up together, and once', async () => {
  const ran = await Promise.all([1, 2, 3].map(() => migratePostgres(database.url)));
  expect(ran.flat().sort()).toEqual(['0001-read-model.sql', '0002-sink-progress.sql', '0003-stuck-orders.sql', '0004-genuine-event-ids.sql']);
  expect(await migratePostgres(database.url)).toEqual([]);
  expect(await database.value('SELECT count(*)::int FROM schema_migrations')).toBe(4);
  expect(await database.value(`SELECT count(*)::int FROM pg_tables WHERE tablename IN ('orders', 'order_events', 'payments', 'tickets', 'holds')`)).toBe(5);
});
