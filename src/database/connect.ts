import pg from 'pg';

/** The codes that Node gives to a certificate which it does not accept. */
const OF_CERTIFICATE = /CERT|ISSUER|LEAF_SIGNATURE/;

/** A connection of its own to a database; a failure says what can be done about it. */
export async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  // A connection that breaks is told by its statements.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return client;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (!OF_CERTIFICATE.test(code ?? '')) throw error;
    throw new Error(
      `${message}. The service verifies the certificate and the host name of the server, also with sslmode=require. ` +
        'If the certificate is not from a public authority, add the file of its authority to the URL: sslrootcert=/path/to/ca.pem',
      { cause: error },
    );
  }
}
