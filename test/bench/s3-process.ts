// The simulated S3 in a process of its own, so that what it costs is apart and the same for all who upload to it.
// GET /ready tells where it is and with which credentials (S3Place).
import { createServer } from 'node:http';
import { startS3 } from '../support/s3-server.ts';
import type { S3Place } from './recording.ts';

const s3 = await startS3({ keepBodies: false });
const { endpoint, bucket, credentials } = s3;
const place: S3Place = { endpoint, bucket, credentials };
const server = createServer((_request, response) => response.end(JSON.stringify(place)));

process.once('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
  void s3.close();
});
server.listen(Number(process.env['PORT']), '127.0.0.1');
