/** Where nginx listens, and the web processes behind it by name. */
export interface NginxOptions {
  readonly listen: string
  /** For its pid, logs and temporary files. */
  readonly folder: string
  /** Name → `host:port`. */
  readonly web: Readonly<Record<string, string>>
  /** Does it run as root? Then its workers take another account. */
  readonly isRoot: boolean
}

/**
 * A load balancer for Socket.IO's default transports. A connection's id begins with the name of its process (`SIGHTLINE_NODE`), so that every
 * request of one connection finds the process that has it, from whatever address it comes; everything else goes to the least busy.
 */
export const nginxConfig = ({ listen, folder, web, isRoot }: NginxOptions): string => {
  const names = Object.keys(web)
  // A process that is being started again is asked once in two seconds.
  const servers = Object.values(web).map((address) => `    server ${address} max_fails=1 fail_timeout=2s;`)
  return `
daemon off;
${isRoot ? 'user nobody nogroup;' : ''}
pid ${folder}/nginx.pid;
error_log ${folder}/nginx.log warn;
worker_processes 1;
events { worker_connections 4096; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;

  upstream any {
    least_conn;
${servers.join('\n')}
  }
${names.map((name) => `  upstream ${name} { server ${web[name]} max_fails=0; }`).join('\n')}

  map $arg_sid $process {
    default any;
${names.map((name) => `    ~^${name}- ${name};`).join('\n')}
  }
  map $http_upgrade $connection_header { default upgrade; '' ''; }

  server {
    listen ${listen};
    proxy_http_version 1.1;
    proxy_set_header Host $http_host;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_connect_timeout 2s;

    location /socket.io/ {
      proxy_pass http://$process;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_header;
      proxy_buffering off;
      # Longer than a connection stays silent: it is asked for a sign of life every 25 s.
      proxy_read_timeout 75s;
      proxy_send_timeout 75s;
    }
    location / {
      proxy_pass http://any;
      proxy_set_header Connection '';
      proxy_next_upstream error timeout;
    }
  }
}
`
}
