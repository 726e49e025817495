// Unpacks the Chromium that comes from npm into the temporary folder and prints where its program is. A process of its own,
// as the package takes folder and platform from the environment when it is loaded.
import chromium from '@sparticuz/chromium';

process.stdout.write(await chromium.executablePath());
