import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Config } from '../config/config.js';
import { explain, StartError } from './start-error.js';

/** Before anything else is touched: a second copy should not get as far as the database. */
export async function requireFreePort({ PORT, HOST }: Config): Promise<void> {
  const probe = createServer();
  try {
    probe.listen(PORT, HOST);
    await once(probe, 'listening');
    probe.close();
    await once(probe, 'close');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE')
      throw new StartError(
        `PORT ${PORT} is in use on ${HOST}. Use another one, for example: PORT=${PORT + 1} npm start`,
      );
    if (code === 'EACCES')
      throw new StartError(`This user may not listen on PORT ${PORT}. Set PORT to a number above 1023.`);
    throw new StartError(`Cannot listen on HOST ${HOST}, PORT ${PORT}: ${explain(error)}`);
  }
}
