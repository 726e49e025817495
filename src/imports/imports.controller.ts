import { Body, Controller, Get, Param, Post, Put, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import { Answers } from '../common/answers/answers.js';
import { ApiResource, CurrentCall, Idempotent, RequireScope, type Call, type IdempotentRun } from '../common/index.js';
import { ExtendRouteConfig } from '../common/routes/extend-route-config.js';
import { ApiImportFile, ApiImportOperation } from './import.docs.js';
import { CreateImport, ImportQuery } from './import.dto.js';
import { ImportList } from './import.view.js';
import { ImportFilesService } from './import-files.service.js';
import { ImportsService } from './imports.service.js';

const CREATED = 'Describes the file. Send the file itself with `PUT …/file` next; the check then starts by itself.';
const LISTED = 'Imports, newest first.';
const RETRIEVED = 'The import with its status, counts and progress.';
const RAN = 'Writes the rows. Poll the import until its status is final.';
const CANCELLED = 'Ends the import. Rows that were written stay.';
const REVERTED =
  'Deletes the deals that the import has created and that nobody has changed since. Updated deals stay as they are.';
const UPLOADED =
  'Sends the file. There is no time limit. The check starts by itself: poll the import until its status is `checked` or `failed`.';
const RESULTS =
  'One line for each row, in the order of the file, with its outcome. After the check, it shows the outcome that the run would have. `id` is the id of the deal that the row creates or updates. It is null for a row that fails, and before the run for a row that creates a deal. It stays if a revert deletes the deal.';
const FAILED =
  'The failed rows as they were in the file. Four more columns or keys describe the problems. Correct the rows, and import the file as it is.';

const RESULT = '{"line":2,"external_id":"A-7","id":"opportunity_…","outcome":"created","errors":[],"reverted":null}\n';

const FAILED_ROW =
  '{"title":null,"_line":2,"_param":"party_name","_code":"parameter_missing","_message":"party_name is required."}\n';

@Controller('api/imports')
@ApiResource('Import')
@RequireScope('write')
export class ImportsController {
  constructor(
    private readonly imports: ImportsService,
    private readonly files: ImportFilesService,
  ) {}

  @Post()
  @Answers('unversioned')
  @ApiImportOperation('createImport', 'Create an import', CREATED, { status: 201, isOfAll: true, takesKey: true })
  create(@Body() body: CreateImport, @Idempotent() run: IdempotentRun) {
    return run((call) => this.imports.create(call, body));
  }

  @Get()
  @ApiImportOperation('listImports', 'List the imports', LISTED, { status: 200, answer: ImportList, isOfAll: true })
  list(@CurrentCall() call: Call, @Query() query: ImportQuery) {
    return this.imports.list(call, query);
  }

  @Get(':id')
  @ApiImportOperation('retrieveImport', 'Retrieve an import', RETRIEVED, { status: 200 })
  retrieve(@CurrentCall() call: Call, @Param('id') id: string) {
    return this.imports.retrieve(call, id);
  }

  @Put(':id/file')
  @ExtendRouteConfig({ takesFile: true })
  @ApiImportOperation('uploadImportFile', 'Upload the file of an import', UPLOADED, { status: 202, takesFile: true })
  upload(@CurrentCall() call: Call, @Param('id') id: string, @Req() request: FastifyRequest) {
    return this.files.upload(call, id, request);
  }

  @Post(':id/run')
  @ApiImportOperation('runImport', 'Run an import', RAN, { status: 202, takesKey: true })
  run(@Param('id') id: string, @Idempotent() run: IdempotentRun) {
    return run((call) => this.imports.run(call, id));
  }

  @Post(':id/cancel')
  @ApiImportOperation('cancelImport', 'Cancel an import', CANCELLED, { status: 202, takesKey: true })
  cancel(@Param('id') id: string, @Idempotent() run: IdempotentRun) {
    return run((call) => this.imports.cancel(call, id));
  }

  @Post(':id/revert')
  @ApiImportOperation('revertImport', 'Revert an import', REVERTED, { status: 202, takesKey: true })
  revert(@Param('id') id: string, @Idempotent() run: IdempotentRun) {
    return run((call) => this.imports.revert(call, id));
  }

  @Get(':id/results.ndjson')
  @ApiImportFile('listImportResults', 'List the results of an import', RESULTS, { 'application/x-ndjson': RESULT })
  async results(@CurrentCall() call: Call, @Param('id') id: string, @Res({ passthrough: true }) reply: FastifyReply) {
    return sent(reply, 'application/x-ndjson', await this.files.results(call, id));
  }

  @Get(':id/errors.csv')
  @ApiImportFile('listImportErrorsAsCsv', 'List the failed rows of a CSV file', FAILED, {
    'text/csv': 'title,_line,_param,_code,_message\r\n',
  })
  async errorsCsv(@CurrentCall() call: Call, @Param('id') id: string, @Res({ passthrough: true }) reply: FastifyReply) {
    return sent(reply, 'text/csv', await this.files.errors(call, id, 'csv'));
  }

  @Get(':id/errors.ndjson')
  @ApiImportFile('listImportErrorsAsNdjson', 'List the failed rows of a JSON file', FAILED, {
    'application/x-ndjson': FAILED_ROW,
  })
  async errorsNdjson(
    @CurrentCall() call: Call,
    @Param('id') id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return sent(reply, 'application/x-ndjson', await this.files.errors(call, id, 'ndjson'));
  }
}

function sent(reply: FastifyReply, type: string, text: AsyncGenerator<string>): Readable {
  void reply.type(`${type}; charset=utf-8`);
  return Readable.from(text, { objectMode: false });
}
