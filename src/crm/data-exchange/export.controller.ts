import { Controller, Get, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import { ApiFile, ApiResource, CurrentCall, ExtendRouteConfig, type Call } from '../../common/index.js';
import { ExportQuery, type ExportFormat, type ExportRequest } from './export.query.js';
import { ExportService } from './export.service.js';

const CSV = { type: 'text/csv; charset=utf-8; header=present', suffix: 'csv' };
const FILES: Record<ExportFormat, { type: string; suffix: string }> = {
  csv: CSV,
  erpnext_csv: CSV,
  ndjson: { type: 'application/x-ndjson; charset=utf-8', suffix: 'ndjson' },
};

const EXPORT = `The opportunities that match the filters of the list, as one file of one moment, oldest first. Without \`fields\` and \`expand\` it
has everything that an import takes, children included. In the CSV formats, the i-th child of each kind is on the i-th line of its
opportunity. \`erpnext_csv\` is the table of ERPNext's Data Import. There is no limit of time or size. If the export fails, the service
breaks the connection.`;

@Controller('api/crm/opportunity/export')
@ApiResource('Opportunity')
export class ExportController {
  constructor(private readonly exports: ExportService) {}

  @Get()
  @ExtendRouteConfig({ extraMs: () => Infinity })
  @ApiFile('exportOpportunities', 'Export opportunities', EXPORT, ['text/csv', 'application/x-ndjson'])
  async export(
    @CurrentCall() call: Call,
    @Query() query: ExportQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Readable> {
    const wanted = query as unknown as ExportRequest;
    const { type, suffix } = FILES[wanted.format];
    const day = new Date().toISOString().slice(0, 10);
    const pieces = request.method === 'HEAD' ? undefined : await this.exports.start(call, wanted);
    void reply.type(type).header('Content-Disposition', `attachment; filename="opportunity-${day}.${suffix}"`);
    // The length of a file is known when it has been sent, so a HEAD does not tell it.
    return pieces === undefined ? Readable.from([]) : Readable.from(pieces, { objectMode: false });
  }
}
