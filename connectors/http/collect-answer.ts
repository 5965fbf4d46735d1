import type { Dispatcher } from 'undici';

export interface RawAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

/** Waits for a whole answer. A body that is wanted whole needs no stream. Rejects with what undici reports. */
export function collectAnswer(dispatch: (handler: Dispatcher.DispatchHandler) => void): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let status = 0;
    let headers: RawAnswer['headers'] = {};
    dispatch({
      onRequestStart() {},
      onResponseStart(_, statusCode, received) {
        status = statusCode;
        headers = received;
      },
      onResponseData(_, chunk) {
        chunks.push(chunk);
      },
      onResponseEnd() {
        const whole = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
        resolve({ status, headers, text: whole.toString() });
      },
      onResponseError(_, error) {
        reject(error);
      },
    });
  });
}
