import type { OpenAPIObject } from '@nestjs/swagger';
import { rm } from 'node:fs/promises';
import { generateKey } from '../../src/common/ids/api-key.format.js';
import { Client } from '../../test/support/client.js';
import { schemaCheck, type SchemaCheck } from '../../test/support/schema-check.js';
import { freePort, StartedService } from '../../test/support/started-service.js';
import { drillDirectory } from './drill-postgres.js';

/** The built service as a drill runs it: a process of its own with one key that may do everything, on one port for good. */
export class DrillService {
  readonly key = generateKey('test');
  private running!: StartedService;
  private described!: { document: OpenAPIObject; check: SchemaCheck };

  private constructor(
    readonly directory: string,
    private readonly port: string,
    private readonly environment: Record<string, string>,
  ) {}

  /** Without a DATABASE_URL in the environment it owns a PostgreSQL in `directory`. */
  static async start(environment: Record<string, string>): Promise<DrillService> {
    const service = new DrillService(await drillDirectory(), await freePort(), environment);
    await service.launch();
    const response = await fetch(`${service.origin}/openapi.json`);
    const document = (await response.json()) as OpenAPIObject;
    service.described = { document, check: schemaCheck(document) };
    return service;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get document(): OpenAPIObject {
    return this.described.document;
  }

  get check(): SchemaCheck {
    return this.described.check;
  }

  /** All that the process has logged since it was started. */
  get output(): string {
    return this.running.output;
  }

  get pid(): number {
    return this.running.pid;
  }

  /** Holds every answer against the document. */
  client(): Client {
    return new Client(this.origin, this.key, this.check);
  }

  /** Starts the process, anew after its end; `changes` go over the environment of the first start. */
  async launch(changes: Record<string, string> = {}): Promise<void> {
    this.running = new StartedService(this.directory, {
      HOST: '127.0.0.1',
      PORT: this.port,
      DATA_DIR: this.directory,
      BOOTSTRAP_API_KEY: this.key,
      ...this.environment,
      ...changes,
    });
    await this.running.started();
  }

  /** SIGKILL, as the kernel would when memory runs out. */
  async kill(): Promise<void> {
    await this.running.kill();
  }

  /** SIGTERM, and with it the database it owns; then its folder goes. */
  async stop(): Promise<void> {
    this.running.signal('SIGTERM');
    await this.running.exit();
    await rm(this.directory, { recursive: true, force: true });
  }
}
