// Serves the document named on the command line with Scalar's mock, on a free port of loopback.
import { readFile } from 'node:fs/promises'

import { serve } from '@hono/node-server'
import { createMockServer } from '@scalar/mock-server'
import { parse } from 'yaml'

const document = parse(await readFile(process.argv[2], 'utf8'))
const app = await createMockServer({ document })
serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) => console.log(`PORT ${port}`))
