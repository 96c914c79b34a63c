import 'reflect-metadata'
import { Body, Controller, Get, Module, Post } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { allowAll, createSightline, defineConfig } from '@sightline/core'
import { serve } from '@sightline/server-socketio'

@Controller()
class OwnController {
  @Get('own')
  own(): string {
    return 'nest'
  }

  @Post('echo')
  echo(body: unknown): unknown {
    return body
  }
}
// As `echo(@Body() body)`, which linters that know today's decorators do not parse.
Body()(OwnController.prototype, 'echo', 0)

@Module({ controllers: [OwnController] })
class AppModule {}

const config = defineConfig({
  access: allowAll(),
  apis: {
    orders: {
      intervalMs: 100,
      regions: {
        'us-east': { probe: { collect: async () => ({ outcome: 'value', value: { open: 1 }, latencyMs: 1, values: {} }) } },
      },
    },
  },
})

const main = async (): Promise<void> => {
  const sightline = createSightline(config)
  const nest = await NestFactory.create(AppModule, { logger: false })
  const web = serve(sightline, { path: '/sightline' })
  nest.use(web.handler)
  web.attach(nest.getHttpServer())
  await sightline.start()
  await nest.listen(0, '127.0.0.1')
  console.log(await nest.getUrl())
  process.once('SIGTERM', async () => {
    await sightline.stop({ timeoutMs: 1_000 })
    await nest.close()
    console.log('closed')
  })
}

void main()
