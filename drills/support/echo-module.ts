import { Injectable } from '@nestjs/common';
import { AfterCommit, ServiceModule, type Call, type CommittedEvent } from 'crm-opportunity-service/kit';

/* A module as an operator loads it by MODULES: it sends every event to ECHO_URL. */

@Injectable()
export class EchoConsumer {
  @AfterCommit('*', { name: 'all' })
  async send(_call: Call, event: CommittedEvent): Promise<void> {
    const response = await fetch(process.env['ECHO_URL'] ?? '', { method: 'POST', body: JSON.stringify(event) });
    if (!response.ok) throw new Error(`The receiver answered ${response.status}.`);
  }
}

@ServiceModule({ name: 'drill-echo', compatible: '*', providers: [EchoConsumer] })
export class EchoModule {}
