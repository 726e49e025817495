import { ServiceModule } from '../common/index.js';
import { OpportunityModule } from '../crm/opportunity/opportunity.module.js';
import { Imports1796400000000 } from './1796400000000-imports.js';
import { GivenExternalIds1797000000000 } from './1797000000000-given-external-ids.js';
import { DealWriter } from './deal-writer.js';
import { ImportFilesService } from './import-files.service.js';
import { ImportRevert } from './import-revert.js';
import { ImportWork } from './import-work.js';
import { ImportWorker } from './import-worker.js';
import { StoredImport, ImportChunk, ImportRow } from './import.entity.js';
import { ImportsController } from './imports.controller.js';
import { ImportsService } from './imports.service.js';

/** Brings deals in from files. */
@ServiceModule({
  name: 'imports',
  entities: [StoredImport, ImportChunk, ImportRow],
  migrations: [Imports1796400000000, GivenExternalIds1797000000000],
  tags: { Import: 'Files of deals. The service checks every row before it writes the rows.' },
  imports: [OpportunityModule],
  controllers: [ImportsController],
  providers: [DealWriter, ImportWork, ImportRevert, ImportWorker, ImportsService, ImportFilesService],
})
export class ImportsModule {}
