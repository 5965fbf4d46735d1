/** Loaded into each worker before its own code: a worker whose supervisor is gone drains and ends as if it had been told to. */
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
// Listening alone would keep a worker running that has nothing left to do.
process.channel?.unref();
