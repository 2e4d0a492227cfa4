# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_ruwsgi_global_optspecs
    string join \n ini= include= strict set-placeholder= S/set= plugins= need-plugins= no-server h/help version python-version y/yaml= j/json= x/xmlconfig= toml= declare-option= declare-option2= resolve= show-config print= iprint= get= exit= dump-options plugins-dir= autoload plugins-list mode= s/socket= uwsgi-socket= http-socket= http11-socket= https-socket= C/chmod-socket= chown-socket= l/listen= z/socket-timeout= protocol= shared-socket= undeferred-shared-socket= a/abstract-socket map-socket= reuse-port freebind so-keepalive socket-sndbuf= socket-rcvbuf= tcp-fast-open= enable-proxy-protocol no-defer-accept tcp-nodelay so-send-timeout safe-fd= shutdown-sockets close-on-exec2 tcp-fast-open-client http-socket-modifier1= http-socket-modifier2= https-socket-modifier1= https-socket-modifier2= fastcgi-socket= fastcgi-nph-socket= fastcgi-modifier1= fastcgi-modifier2= scgi-socket= scgi-nph-socket= scgi-modifier1= scgi-modifier2= raw-modifier1= raw-modifier2= http= http-timeout= http-keepalive= http-queue= http-auto-chunked http-chunked-input http-manage-expect= http-raw-body http-allow-underscores forwarded-allow-ips= https= https2= https-export-cert http-to-https= http-enable-proxy-protocol= http-var= http-server-name-as-http-host= http-to= http-processes= http-connect-timeout= http-headers-timeout= http-use-socket= http-events= http-buffer-size= http-manage-source https-session-context= http-cheap http-quiet= http-modifier1= http-modifier2= websockets-ping-freq= websockets-pong-tolerance= websockets-max-size= http-websockets http-stats= http-uid= http-gid= ssl-verbose ssl-verify-depth= sni= sni-dir= sni-dir-ciphers= ssl-enable3 ssl-enable-tlsv1 ssl-option ssl-tmp-dir= ssl-sessions-use-cache= ssl-sessions-timeout= M/master p/processes= threads= T/enable-threads thunder-lock lazy-apps lazy chdir= chdir2= env= pidfile= pidfile2= safe-pidfile= d/daemonize= daemonize2= stop= reload= vacuum die-on-term exit-on-reload i/single-interpreter auto-procname procname-prefix= procname-prefix-spaced= close-on-exec no-orphans backtrace-depth= skip-zero skip-atexit skip-atexit-teardown pause= procname-append= procname= procname-master= honour-stdin force-gateway r/reaper no-fd-passing ftok= persistent-ipcsem safe-pidfile2= mem-collector-freq= no-default-app catch-exceptions master-fifo= check-interval= forkbomb-delay= binary-path= use-abort force-cwd= mount= thread-stacksize= vhost vhost-host offload-threads= envdir= unenv= cheaper= cheaper-initial= cheaper-algo= cheaper-step= cheaper-overload= cheaper-idle= cheaper-algo-list cheaper-rss-limit-soft= cheaper-rss-limit-hard= cheaper-busyness-max= cheaper-busyness-min= cheaper-busyness-multiplier= cheaper-busyness-penalty= cheaper-busyness-verbose cheaper-busyness-backlog-alert= cheaper-busyness-backlog-multiplier= cheaper-busyness-backlog-step= cheaper-busyness-backlog-nonzero= cheap idle= die-on-idle uid= gid= umask= chroot= add-gid= immediate-uid= immediate-gid= no-initgroups master-as-root drop-after-init drop-after-apps cap= need-app gc-freeze= w/module= wsgi-file= callable= H/home= pythonpath= pyargv= O/optimize= eval= import= shared-import= paste= paste-logger pecan= wsgi-disable-file-wrapper py-executable= wsgi-env-behaviour= wsgi-accept-buffer wsgi-strict start_response-nodelay py-call-osafterfork py-call-uwsgi-fork-hooks py-programname= t/harakiri= harakiri-verbose b/buffer-size= limit-post= post-buffering= max-fd= ignore-sigpipe ignore-write-errors disable-write-exception harakiri-graceful-timeout= harakiri-graceful-signal= harakiri-queue-threshold= harakiri-no-arh write-errors-tolerance= write-errors-exception-only v/max-vars= max-apps= limit-as= limit-nproc= cpu-affinity= post-buffering-bufsize= R/max-requests= max-requests-delta= min-worker-lifetime= max-worker-lifetime= max-worker-lifetime-delta= reload-on-rss= worker-reload-mercy= reload-mercy= touch-reload= py-autoreload= reload-on-as= evil-reload-on-as= evil-reload-on-rss= touch-workers-reload= touch-chain-reload= touch-exec= fs-reload= fs-brutal-reload= propagate-touch reload-on-exception attach-daemon= attach-control-daemon= smart-attach-daemon= smart-attach-daemon2= daemons-honour-stdin attach-daemon2= cron= cron2= unique-cron= cron-harakiri= hook-master-start= hook-asap= hook-pre-jail= hook-in-jail= hook-as-root= hook-as-user= hook-as-user-atexit= hook-pre-app= hook-post-app= hook-post-fork= hook-accepting= hook-accepting1= hook-accepting-once= hook-accepting1-once= hook-touch= hook-as-gateway= exec-asap= exec-pre-jail= exec-in-jail= exec-as-root= exec-as-user= exec-as-user-atexit= exec-pre-app= exec-post-app= wait-for-interface= wait-for-interface-timeout= wait-for-fs= wait-for-fs-timeout= wait-for-socket= wait-for-socket-timeout= binsh= logto= logto2= log-maxsize= log-backupname= touch-logrotate= touch-logreopen= log-reopen log-truncate logfile-chown logfile-chmod= logdate= log-prefix= L/disable-logging log-4xx log-5xx log-slow= log-big= log-zero log-sendfile= log-ioerror= log-format= log-json logformat-strftime log-micros log-x-forwarded-for m/memory-report logger= req-logger= log-syslog= log-socket= logger-list log-encoder= log-req-encoder= log-route= log-req-route= log-filter= log-drain= log-master log-master-bufsize= log-master-stream log-master-req-stream threaded-logger rsyslog-packet-size= rsyslog-split-messages stats= stats-http stats-minified stats-no-cores metrics= stats-no-metrics static-map= static-map2= check-static= check-static-docroot static-index= static-skip-ext= static-safe= mimefile= static-expires= static-expires-mtime= static-expires-type= static-expires-type-mtime= static-expires-uri= static-expires-uri-mtime= static-expires-path-info= static-expires-path-info-mtime= static-gzip-all static-gzip-dir= static-gzip-ext= static-gzip= honour-range file-serve-mode= static-cache-paths= static-cache-paths-name= disable-sendfile manage-script-name ignore-script-name add-header= rem-header= response-headers-limit= pcre-jit ugreen ugreen-stacksize= fastrouter-subscription-slot= rawrouter-subscription-slot= php-ini= php-ini-append= php-set= php-index= php-allowed-docroot= php-allowed-ext= php-allowed-script= php-app-qs= php-app-bypass= php-fallback= php-fallback2= php-fallback-qs= php-var= php-constant= php-exec-before= php-exec-after= php-server-software= php-sapi-name= php-dump-config rb-require= shared-rb-require= rb-lib= gemset= rvm-path= ruby-gc-freq= rbthreads rbshell= rbshell-oneshot fiber psgi-enable-psgix-io perl-no-die-catch perl-no-plack perl-local-lib= perl-version perl-args= perl-arg= perl-exec= perl-exec-post-fork= perl-auto-reload= perl-auto-reload-ignore= plshell= plshell-oneshot coroae= cgi-map-helper= cgi-from-docroot cgi-buffer-size= cgi-timeout= cgi-index= cgi-allowed-ext= cgi-unset= cgi-loadlib= cgi-optimize cgi-path-info cgi-do-not-kill-on-error cgi-async-max-attempts cgi-close-stdin-on-eof cgi-safe= ring-load= jvm-class= jvm-classpath= jvm-opt= mono-key= mono-version= mono-config= mono-assembly= mono-exec= mono-index= mono-gc-freq= lua-load= lua-shell lua-gc-freq v8-load= v8-module-path= v8-preemptive= v8-gc-freq= go-args= goroutines= pypy-lib= pypy-home= pypy-setup= pypy-pp= pypy-eval= pypy-eval-post-fork= pypy-exec= pypy-exec-post-fork= greenlet stackless
end

function __fish_ruwsgi_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_ruwsgi_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_ruwsgi_using_subcommand
    set -l cmd (__fish_ruwsgi_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l ini -d 'read an ini file at this place; `:section` alone reads another section of the same file' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l include -l inherit -l config -d 'read another configuration at this place' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l set-placeholder -l set-ph -d 'define a placeholder for %(name)' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -s S -l set -d 'set an option or a placeholder' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l plugins -l plugin -d 'name plugins; what is built in is accepted in silence' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l need-plugins -l need-plugin -d 'name plugins that must be there' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -s y -l yaml -l yml -d 'read a YAML file at this place' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -s j -l json -l js -d 'read a JSON file at this place' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -s x -l xmlconfig -l xml -d 'read an XML file at this place' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l toml -d '(ours) read a TOML file at this place' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l declare-option -d 'make an option of your own that stands for others; $1, $2… are the words of its value' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l declare-option2 -d 'the same as declare-option; in uWSGI it takes effect at another time' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l resolve -d 'define a placeholder with the IPv4 address of a host' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l print -d 'log a text when the server starts' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l iprint -d 'the same as print; in uWSGI it is logged earlier' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l get -d 'print what the configuration says for an option, and end' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l exit -d 'end with this exit code once the configuration is read' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l plugins-dir -l plugin-dir -d 'look for plugins in a directory' -r -f -a "(__fish_complete_directories)"
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l mode -d 'set a mode that plugins may ask for' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -s s -l socket -d 'listen for the uwsgi protocol (nginx: uwsgi_pass) on host:port, :port or a path' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l uwsgi-socket -d 'listen for the uwsgi protocol, whatever protocol says' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l http-socket -d 'listen for HTTP in the workers (nginx: proxy_pass); a connection per request' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l http11-socket -d 'listen for HTTP in the workers, with keep-alive' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l https-socket -d 'listen for HTTP over TLS in the workers; !CA wants a certificate of every client' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -s C -l chmod-socket -l chmod -d 'permissions of unix sockets, three octal digits; 666 when bare' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l chown-socket -d 'owner of unix sockets' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -s l -l listen -d 'connections the kernel may queue per socket' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -s z -l socket-timeout -d 'longest wait for the next bytes of a request or for a client to take bytes' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l protocol -l socket-protocol -d 'what is spoken on the addresses of socket' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l shared-socket -d 'bind before dropping privileges; other sockets name it by its number, as in http = =0' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l undeferred-shared-socket -d 'bind like shared-socket, and take connections before their data is there' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l map-socket -d 'let only these workers (from 1) take connections of a socket (from 0)' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l socket-sndbuf -d 'size of the kernel\'s send buffer per connection' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l socket-rcvbuf -d 'size of the kernel\'s receive buffer per connection' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l tcp-fast-open -l tcp-fastopen -d 'take data with the first packet of a TCP connection' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l safe-fd -l fd-safe -d 'keep a descriptor open' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l http-socket-modifier1 -d 'kind of request on http-socket; 0 is WSGI' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l http-socket-modifier2 -d 'detail of http-socket-modifier1' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l https-socket-modifier1 -d 'kind of request on https-socket; 0 is WSGI' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l https-socket-modifier2 -d 'detail of https-socket-modifier1' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l fastcgi-socket -d 'listen for FastCGI (nginx: fastcgi_pass)' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l fastcgi-nph-socket -d 'listen for FastCGI and answer with a status line' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l fastcgi-modifier1 -d 'kind of request on fastcgi-socket; 0 is WSGI' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l fastcgi-modifier2 -d 'detail of fastcgi-modifier1' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l scgi-socket -d 'listen for SCGI (nginx: scgi_pass)' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l scgi-nph-socket -d 'listen for SCGI and answer with a status line' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l scgi-modifier1 -d 'kind of request on scgi-socket; 0 is WSGI' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l scgi-modifier2 -d 'detail of scgi-modifier1' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l raw-modifier1 -d 'kind of request on raw-socket; 0 is WSGI' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l raw-modifier2 -d 'detail of raw-modifier1' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l http -l httprouter -d 'listen for HTTP in a process of its own that hands requests to idle workers' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l http-timeout -d 'longest silence of a client or a worker on a gateway connection' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l http-keepalive -d 'how long an idle connection is kept' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l http-queue -d '(ours) requests that may wait for a worker; more are answered with 503' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l http-manage-expect -d 'answer Expect' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l forwarded-allow-ips -d '(ours) address whose X-Forwarded-Proto is believed on HTTP listeners, beside loopback' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l https -d 'listen for HTTP over TLS in the gateway; !CA wants a certificate of every client' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l https2 -d 'listen for HTTP over TLS in the gateway, told in pairs' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l http-to-https -d 'listen for HTTP and send every client to the same address over https' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l http-enable-proxy-protocol -d 'believe the header of the PROXY protocol (versions 1 and 2) on gateway sockets' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l http-var -d 'add a variable to every request of the gateway' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l http-server-name-as-http-host -d 'make SERVER_NAME what the Host header says' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l http-to -d 'uwsgi socket of another server that gets the gateway\'s requests; several take turns' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l http-processes -l http-workers -d 'number of gateway processes; more than one is of use where TLS keeps one busy' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l http-connect-timeout -d 'how long a request may wait for a worker; as long as http-timeout unless said' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l http-headers-timeout -d 'how long a head may take from its first byte; as long as http-timeout unless said' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l http-use-socket -d 'which of the sockets gets the gateway\'s requests' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l http-events -d 'events that are taken at once' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l http-buffer-size -d 'size of the gateway\'s buffers' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l https-session-context -d 'tell TLS sessions of several servers apart' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l http-quiet -d 'tell less in the gateway\'s log' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l http-modifier1 -d 'kind of request that the gateway asks for; 0 is WSGI' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l http-modifier2 -d 'detail of http-modifier1' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l websockets-ping-freq -l websocket-ping-freq -d 'how often silent clients of websockets are asked whether they are there' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l websockets-pong-tolerance -l websocket-pong-tolerance -d 'how long clients of websockets may take to answer that they are there' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l websockets-max-size -l websocket-max-size -d 'largest message of a websocket' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l http-stats -l http-stats-server -l http-ss -d 'serve statistics of the gateways as JSON on an address' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l http-uid -d 'user that the gateway becomes' -r -f -a "(__fish_complete_users)"
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l http-gid -d 'group that the gateway becomes' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l ssl-verify-depth -d 'longest chain of certificates of a client' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l sni -d 'certificate for clients that ask for one host' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l sni-dir -d 'directory of HOST.crt and HOST.key, read at the start' -r -f -a "(__fish_complete_directories)"
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l sni-dir-ciphers -d 'ciphers for the certificates of sni-dir' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l ssl-tmp-dir -d 'where certificates that come in variables are kept' -r -f -a "(__fish_complete_directories)"
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l ssl-sessions-use-cache -l ssl-session-use-cache -d 'keep TLS sessions in a cache of the server' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l ssl-sessions-timeout -l ssl-session-timeout -d 'how long a TLS session can be resumed' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -s p -l processes -l workers -d 'number of workers; `auto` (ours) is as many as the cores and the memory of the cgroup allow' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l threads -d 'threads per worker, one request in each' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l chdir -d 'change to a directory before loading' -r -f -a "(__fish_complete_directories)"
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l chdir2 -d 'change to a directory after loading' -r -f -a "(__fish_complete_directories)"
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l env -d 'set an environment variable' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l pidfile -d 'write the master\'s pid, before dropping' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l pidfile2 -d 'write the master\'s pid, after dropping' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l safe-pidfile -d 'write the master\'s pid once its sockets are open' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -s d -l daemonize -d 'go to the background, log to a file' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l daemonize2 -d 'go to the background once the application is loaded' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l stop -d 'stop the server of a pidfile' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l reload -d 'reload the server of a pidfile gracefully' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l procname-prefix -d 'put a text before the names of the processes' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l procname-prefix-spaced -d 'put a text and a blank before the names of the processes' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l backtrace-depth -d 'number of calls in a backtrace' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l pause -l suspend -l resume -d 'let the workers of a running server take no requests; the next time, let them go on' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l procname-append -d 'put a text behind the names of the processes' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l procname -d 'name all processes so' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l procname-master -d 'name the master so' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l ftok -d 'make the key of semaphores from a file' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l safe-pidfile2 -d 'as safe-pidfile, after dropping privileges' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l mem-collector-freq -d 'how often memory is measured for the evil limits' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l master-fifo -d 'take one-letter commands from this FIFO' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l check-interval -d 'how often the master looks at files, requests and memory' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l forkbomb-delay -d 'how long to wait where workers end before they serve, and longer each time' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l binary-path -d 'the program that a reload starts' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l force-cwd -d 'the directory in which a reload starts the program' -r -f -a "(__fish_complete_directories)"
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l mount -l worker-mount -d 'load an application for a path: a .py file, a module or module:callable' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l thread-stacksize -l threads-stacksize -l thread-stack-size -l threads-stack-size -d 'size of the stack of threads beside the first' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l offload-threads -l offload-thread -d 'threads that send files' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l envdir -d 'set environment variables from the files of a directory, a variable each' -r -f -a "(__fish_complete_directories)"
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l unenv -d 'remove an environment variable' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l cheaper -d 'keep at least N workers and start others, up to processes, as they are needed' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l cheaper-initial -d 'number of workers at the start under cheaper' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l cheaper-algo -d 'what decides about further workers: spare, spare2, backlog, busyness or manual' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l cheaper-step -d 'number of workers that are started at a time under cheaper' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l cheaper-overload -d 'how long a load lasts before the number of workers follows; for backlog the clients that may wait' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l cheaper-idle -d 'how long under spare2 more workers than cheaper are idle before one goes (of later uWSGI)' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l cheaper-rss-limit-soft -d 'start no further worker while all use more resident memory than this' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l cheaper-rss-limit-hard -d 'let workers go, down to cheaper, while all use more resident memory than this' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l cheaper-busyness-max -d 'share of their time that workers may be busy before others are started' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l cheaper-busyness-min -d 'share of their time below which one of the workers is too many' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l cheaper-busyness-multiplier -d 'number of times cheaper-overload passes before a worker too many goes' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l cheaper-busyness-penalty -d 'added to the multiplier when a worker that went is missed soon' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l cheaper-busyness-backlog-alert -d 'start workers at once when more clients than this wait' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l cheaper-busyness-backlog-multiplier -d 'the multiplier while there are workers that were started for waiting clients' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l cheaper-busyness-backlog-step -d 'number of workers that are started at a time for waiting clients' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l cheaper-busyness-backlog-nonzero -d 'start a worker when clients have been waiting for so long' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l idle -d 'end all workers after so long without a request, until a client comes' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l uid -d 'become this user, by name or number' -r -f -a "(__fish_complete_users)"
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l gid -d 'become this group, by name or number' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l umask -d 'file mode creation mask, octal' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l chroot -d 'make this directory the root directory' -r -f -a "(__fish_complete_directories)"
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l add-gid -d 'keep a further group beside those of the user' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l immediate-uid -d 'become this user before anything else' -r -f -a "(__fish_complete_users)"
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l immediate-gid -d 'become this group before anything else' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l cap -d 'keep these capabilities when root becomes another user, and only these' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l gc-freeze -d 'after loading, keep Python\'s counting of references away from all that workers share and not from code alone, which saves memory; false: from nothing (ours)' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -s w -l module -l wsgi -d 'load a WSGI module' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l wsgi-file -l file -d 'load a .py file' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l callable -d 'name of the application in its module' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -s H -l home -l virtualenv -l venv -l pyhome -d 'virtual environment, or home of Python' -r -f -a "(__fish_complete_directories)"
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l pythonpath -l python-path -l pp -d 'add a directory to the module search path' -r -f -a "(__fish_complete_directories)"
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l pyargv -d 'what follows the program\'s name in sys.argv' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -s O -l optimize -d 'level of Python\'s -O' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l eval -d 'run Python code that defines the application' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l import -l pyimport -l py-import -l python-import -d 'import a module or a .py file before the application' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l shared-import -l shared-pyimport -l shared-py-import -l shared-python-import -d 'import once in the master, also where each worker loads the application itself' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l paste -d 'load the application that a Paste Deploy configuration describes' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l pecan -d 'load the application that a Pecan configuration describes' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l py-executable -l py-sys-executable -d 'what sys.executable says' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l wsgi-env-behaviour -l wsgi-env-behavior -d 'how the environ of a request is made' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l py-programname -l py-program-name -d 'name with which Python starts' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -s t -l harakiri -d 'longest time a request may take' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -s b -l buffer-size -d 'largest head of a request' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l limit-post -d 'largest body of a request; 0 is no limit' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l post-buffering -d 'bytes of a body kept in memory; what is beyond goes to a temporary file' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l max-fd -d 'limit the number of open files' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l harakiri-graceful-timeout -d 'how long a worker may take to end by itself before harakiri kills it' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l harakiri-graceful-signal -d 'number of the signal that asks it to' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l harakiri-queue-threshold -d 'kill for a slow request only while more clients than this wait' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l write-errors-tolerance -d 'number of failed writes after which a client counts as gone' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -s v -l max-vars -d 'number of variables that a request may have' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l max-apps -d 'number of applications in a worker' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l limit-as -d 'largest address space of a process; 0 is no limit' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l limit-nproc -d 'largest number of processes of this user; 0 is no limit' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l cpu-affinity -d 'number of processors that each worker is bound to, worker after worker; 0 is all' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l post-buffering-bufsize -d 'size of the buffer in which a body is read' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -s R -l max-requests -d 'replace a worker after N requests; 0 is never' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l max-requests-delta -d 'add N times the worker\'s number less one to max-requests; without it up to a tenth differs by chance' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l min-worker-lifetime -d 'no worker is replaced for its requests or memory before' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l max-worker-lifetime -d 'replace a worker after this time; 0 is never' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l max-worker-lifetime-delta -d 'add this, times the worker\'s number less one, to max-worker-lifetime' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l reload-on-rss -d 'replace a worker whose resident memory is larger; 0 is never' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l worker-reload-mercy -d 'how long a worker may take to finish before it is killed' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l reload-mercy -d 'how long the whole server may take to finish before it is killed' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l touch-reload -d 'reload when this file changes, appears or goes' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l py-autoreload -l py-auto-reload -l python-auto-reload -l python-autoreload -d 'look for changed Python modules at this interval and reload; 0 is never' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l reload-on-as -d 'replace a worker whose address space is larger; 0 is never' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l evil-reload-on-as -d 'kill a worker whose address space is larger, whatever it does' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l evil-reload-on-rss -d 'kill a worker whose resident memory is larger, whatever it does' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l touch-workers-reload -d 'replace all workers when this file changes, appears or goes' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l touch-chain-reload -d 'replace the workers one by one when this file changes, appears or goes' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l touch-exec -d 'run a command when this file changes, appears or goes' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l fs-reload -d 'reload when this file or something in this directory changes' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l fs-brutal-reload -d 'as fs-reload; requests are never cut here' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l attach-daemon -d 'run a program beside the server: restarted when it ends, stopped with the server' -r -f -a "(__fish_complete_command)"
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l attach-control-daemon -d 'run a program beside the server and end the server when it ends' -r -f -a "(__fish_complete_command)"
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l smart-attach-daemon -d 'start a program that goes to the background, unless its pidfile says that it runs' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l smart-attach-daemon2 -d 'start a program that stays in the foreground, unless its pidfile says that it runs' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l attach-daemon2 -d 'the same with keys: command, pidfile, freq, touch, stopsignal, reloadsignal, uid, gid, control' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l cron -d 'run a command at times: numbers, -1 for any, -5 for every fifth' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l cron2 -d 'the same with keys: minute, hour, day, month, week, unique, harakiri' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l unique-cron -d 'as cron, but never while the last run goes on' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l cron-harakiri -d 'kill a cron command that takes longer; 0 is never' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l hook-master-start -d 'run a hook in the master before it starts processes' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l hook-asap -d 'run a hook before anything else' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l hook-pre-jail -d 'run a hook before the root directory changes' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l hook-in-jail -d 'run a hook after the root directory has changed' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l hook-as-root -d 'run a hook before dropping privileges' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l hook-as-user -d 'run a hook after dropping privileges' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l hook-as-user-atexit -d 'run a hook at the end and before a reload' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l hook-pre-app -d 'run a hook before the application is loaded' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l hook-post-app -d 'run a hook after the application is loaded' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l hook-post-fork -d 'run a hook in each worker after its fork' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l hook-accepting -d 'run a hook in each worker before it takes requests' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l hook-accepting1 -d 'run a hook in the first worker before it takes requests' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l hook-accepting-once -d 'run a hook in each worker, only the first time it takes requests' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l hook-accepting1-once -d 'run a hook in the first worker, only the first time it takes requests' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l hook-touch -d 'run a hook when a file changes, appears or goes' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l hook-as-gateway -d 'run a hook in each gateway' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l exec-asap -d 'run a command before anything else; if it fails, the start ends' -r -f -a "(__fish_complete_command)"
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l exec-pre-jail -d 'run a command before the root directory changes; if it fails, the start ends' -r -f -a "(__fish_complete_command)"
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l exec-in-jail -d 'run a command after the root directory has changed; if it fails, the start ends' -r -f -a "(__fish_complete_command)"
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l exec-as-root -d 'run a command before dropping privileges; if it fails, the start ends' -r -f -a "(__fish_complete_command)"
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l exec-as-user -d 'run a command after dropping privileges; if it fails, the start ends' -r -f -a "(__fish_complete_command)"
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l exec-as-user-atexit -d 'run a command at the end and before a reload; if it fails, the start ends' -r -f -a "(__fish_complete_command)"
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l exec-pre-app -d 'run a command before the application is loaded; if it fails, the start ends' -r -f -a "(__fish_complete_command)"
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l exec-post-app -d 'run a command after the application is loaded; if it fails, the start ends' -r -f -a "(__fish_complete_command)"
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l wait-for-interface -l wait-interface -l wait-for-iface -l wait-iface -d 'wait for a network interface before the root hooks' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l wait-for-interface-timeout -l wait-interface-timeout -l wait-for-iface-timeout -l wait-iface-timeout -d 'how long to wait for a network interface' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l wait-for-fs -l wait-for-file -l wait-for-dir -d 'wait until a file or directory is there, before the root hooks' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l wait-for-fs-timeout -d 'how long to wait for a file or directory' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l wait-for-socket -d 'wait until somebody listens at an address, before the application is loaded' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l wait-for-socket-timeout -d 'how long to wait for a listener' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l binsh -d 'the shell that runs the commands of hooks; /bin/sh if it is not there' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l logto -d 'log to a file, opened before dropping' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l logto2 -d 'log to a file, opened after dropping' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l log-maxsize -d 'rename the log when it is larger than this' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l log-backupname -d 'name of the log that was renamed; else the time is added' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l touch-logrotate -d 'rename the logs when a file is touched' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l touch-logreopen -d 'open the logs anew when a file is touched' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l logfile-chmod -d 'mode of the log, in octal digits' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l logdate -l log-date -d 'put the date before each line of the server' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l log-prefix -d 'put a text before each line of the server' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l log-slow -d 'log requests that take longer all the same; 0 is never' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l log-big -d 'log larger replies all the same' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l log-sendfile -d 'log replies from a file all the same' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l log-ioerror -d 'log requests whose client went away all the same' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l log-format -l logformat -d 'the line of a request, with names such as %(uri) and %(status)' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l logger -d 'log to file:PATH, stdio, fd:N, socket:ADDRESS, syslog or rsyslog:HOST:PORT' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l req-logger -l logger-req -d 'log requests to a logger of their own' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l log-syslog -d 'log to the system\'s log' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l log-socket -d 'log to a datagram socket' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l log-encoder -d 'change each line with prefix, suffix, nl, format or json' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l log-req-encoder -d 'change each line of a request with an encoder' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l log-route -d 'send matching lines to the logger of this name' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l log-req-route -d 'send matching lines of requests to the logger of this name' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l log-filter -d 'log only lines that match' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l log-drain -d 'do not log lines that match' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l log-master-bufsize -d 'cut lines that go through the master' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l rsyslog-packet-size -d 'cut lines to a remote system\'s log' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l stats -l stats-server -d 'serve statistics as JSON on an address' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l metrics -d 'serve /metrics for Prometheus, /-/live and /-/ready over HTTP on an address (ours)' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l static-map -d 'serve files below a directory for paths below a prefix' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l static-map2 -d 'like static-map, where the directory holds the prefix as well' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l check-static -l static-check -d 'serve what is a file below a directory, whatever the path' -r -f -a "(__fish_complete_directories)"
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l static-index -d 'file that stands for its directory, such as index.html' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l static-skip-ext -d 'leave files with this suffix to the application' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l static-safe -d 'directory that links of served directories may lead to' -r -f -a "(__fish_complete_directories)"
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l mimefile -l mime-file -d 'table of types by suffix, in the form of /etc/mime.types' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l static-expires -d 'let clients keep files whose name on disk matches' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l static-expires-mtime -d 'the same, counted from the file\'s last change' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l static-expires-type -d 'let clients keep files of a content type' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l static-expires-type-mtime -d 'the same by content type, counted from the file\'s last change' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l static-expires-uri -d 'let clients keep files whose REQUEST_URI matches' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l static-expires-uri-mtime -d 'the same by REQUEST_URI, counted from the file\'s last change' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l static-expires-path-info -d 'let clients keep files whose PATH_INFO matches' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l static-expires-path-info-mtime -d 'the same by PATH_INFO, counted from the file\'s last change' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l static-gzip-dir -l static-gzip-prefix -d 'the same for files below a directory' -r -f -a "(__fish_complete_directories)"
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l static-gzip-ext -l static-gzip-suffix -d 'the same for files with a suffix' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l static-gzip -d 'the same for files whose name on disk matches' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l file-serve-mode -l fileserve-mode -d 'send files here, or name them to the front end in a header' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l static-cache-paths -d 'remember where files are' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l static-cache-paths-name -d 'cache that remembers where files are' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l add-header -d 'add a header to every reply' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l rem-header -l del-header -d 'remove a header of the application from every reply' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l response-headers-limit -d 'room for the headers of a reply' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l ugreen-stacksize -d 'stack of each uGreen coroutine' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l fastrouter-subscription-slot -d 'put the subscriptions of the fast router into a slot' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l rawrouter-subscription-slot -d 'put the subscriptions of the raw router into a slot' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l php-ini -l php-config -d 'settings file of PHP' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l php-ini-append -l php-config-append -d 'another settings file of PHP' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l php-set -d 'one setting of PHP' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l php-index -d 'PHP file that answers for a directory' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l php-allowed-docroot -d 'run PHP files below this directory only' -r -f -a "(__fish_complete_directories)"
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l php-allowed-ext -d 'run PHP files with this extension only' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l php-allowed-script -d 'run this PHP file only' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l php-app-qs -d 'query that the one PHP file gets' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l php-app-bypass -d 'paths that the one PHP file does not get' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l php-fallback -d 'PHP file for paths without one' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l php-fallback2 -d 'PHP file for paths without one, its own path kept' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l php-fallback-qs -d 'query variable that holds the path for the fallback of PHP' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l php-var -d 'variable that PHP files see' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l php-constant -d 'constant that PHP files see' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l php-exec-before -l php-exec-begin -d 'PHP code to run before each request' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l php-exec-after -l php-exec-end -d 'PHP code to run after each request' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l php-server-software -d 'what PHP calls the server' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l php-sapi-name -d 'what PHP calls its interface to the server' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l rb-require -l ruby-require -l rbrequire -l rubyrequire -l require -d 'load a Ruby file in each worker' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l shared-rb-require -l shared-ruby-require -l shared-rbrequire -l shared-rubyrequire -l shared-require -d 'load a Ruby file before the workers start' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l rb-lib -l ruby-lib -d 'let Ruby look for files in a directory' -r -f -a "(__fish_complete_directories)"
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l gemset -l rvm -d 'use Ruby\'s packages of this set' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l rvm-path -d 'where Ruby\'s version manager is' -r -f -a "(__fish_complete_directories)"
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l ruby-gc-freq -l rb-gc-freq -d 'let Ruby collect garbage this often' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l rbshell -d 'a Ruby prompt in a worker' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l perl-local-lib -d 'Perl\'s local library' -r -f -a "(__fish_complete_directories)"
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l perl-args -d 'arguments that Perl sees' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l perl-arg -d 'one more argument that Perl sees' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l perl-exec -d 'run a Perl file before the workers start' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l perl-exec-post-fork -d 'run a Perl file in each worker' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l perl-auto-reload -d 'reload when a Perl file has changed' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l perl-auto-reload-ignore -d 'a Perl file whose changes do not matter' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l plshell -d 'a Perl prompt in a worker' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l coroae -d 'serve this many requests in turn with Perl\'s Coro' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l cgi-map-helper -l cgi-helper -d 'program that runs CGI files with an extension' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l cgi-buffer-size -d 'read this much from a CGI program at a time' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l cgi-timeout -d 'wait this long for a CGI program' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l cgi-index -d 'CGI program that answers for a directory' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l cgi-allowed-ext -d 'run CGI programs with this extension only' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l cgi-unset -d 'variable that CGI programs do not see' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l cgi-loadlib -d 'load a library that runs CGI programs in the worker' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l cgi-safe -d 'a path outside the directory that CGI programs may be at' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l ring-load -l clojure-load -d 'load a Clojure file' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l jvm-class -d 'load a Java class' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l jvm-classpath -d 'where Java looks for classes' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l jvm-opt -d 'an option of the Java machine' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l mono-key -d 'request variable that finds the ASP.NET application' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l mono-version -d 'version of Mono' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l mono-config -d 'settings file of Mono' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l mono-assembly -d 'assembly that runs ASP.NET applications' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l mono-exec -d 'run a Mono program before the workers start' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l mono-index -d 'file that answers for a directory under ASP.NET' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l mono-gc-freq -d 'let Mono collect garbage this often' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l lua-load -d 'load a Lua file' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l v8-load -d 'load a JavaScript file' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l v8-module-path -d 'where JavaScript modules are' -r -f -a "(__fish_complete_directories)"
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l v8-preemptive -d 'let JavaScript change threads this often' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l v8-gc-freq -d 'let JavaScript collect garbage this often' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l go-args -l gccgo-args -d 'arguments that Go code sees' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l goroutines -d 'serve this many requests in turn with goroutines' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l pypy-lib -d 'where PyPy\'s library is' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l pypy-home -d 'where PyPy is installed' -r -f -a "(__fish_complete_directories)"
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l pypy-setup -d 'code that connects PyPy to the server' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l pypy-pp -l pypy-python-path -l pypy-pythonpath -d 'let PyPy look for modules in a directory' -r -f -a "(__fish_complete_directories)"
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l pypy-eval -d 'run code in PyPy before the workers start' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l pypy-eval-post-fork -d 'run code in PyPy in each worker' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l pypy-exec -d 'run a file in PyPy before the workers start' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l pypy-exec-post-fork -d 'run a file in PyPy in each worker' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l strict -d 'refuse names that are not options, and unclear values'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l no-server -l dry-run -d 'read everything, load the application (not with lazy-apps), bind nothing, and end'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -s h -l help -l usage -d 'print this list'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l version -d 'print the version'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l python-version -d 'print the version of Python'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l show-config -d 'log the configuration as it was understood'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l dump-options -d 'print the names of all options, and end'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l autoload -d 'load the plugins that options need'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l plugins-list -l plugin-list -d 'list the plugins'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -s a -l abstract-socket -d 'make unix sockets names of the abstract name space instead of files'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l reuse-port -d 'let other servers bind the same TCP port (SO_REUSEPORT)'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l freebind -d 'bind addresses that the machine does not have yet (IP_FREEBIND)'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l so-keepalive -d 'have the kernel probe idle TCP connections'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l enable-proxy-protocol -d 'believe the header of the PROXY protocol (versions 1 and 2) on HTTP sockets of workers'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l no-defer-accept -d 'take TCP connections before their data is there'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l tcp-nodelay -d 'send small packets at once'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l so-send-timeout -l socket-send-timeout -l so-write-timeout -l socket-write-timeout -d 'limit how long the kernel waits in a write'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l shutdown-sockets -d 'shut listening sockets down at the end'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l close-on-exec2 -d 'close the request\'s connection in programs the application runs'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l tcp-fast-open-client -l tcp-fastopen-client -d 'send data with the first packet of own connections'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l http-auto-chunked -d 'answer in chunks'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l http-chunked-input -d 'accept chunked bodies'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l http-raw-body -d 'let websockets through the gateway; bodies are always passed on whole'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l http-allow-underscores -d '(ours) keep header names with an underscore on HTTP listeners'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l https-export-cert -d 'give all of a client\'s certificate to the application, beside the name in HTTPS_DN'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l http-manage-source -d 'take the method SOURCE'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l http-cheap -d 'run no gateway without workers'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l http-websockets -d 'let websockets through the gateway'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l ssl-verbose -d 'tell in the log why a TLS connection cannot begin'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l ssl-enable3 -l ssl-enable-sslv3 -d 'speak SSL 3'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l ssl-enable-tlsv1 -d 'speak TLS 1.0'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l ssl-option -d 'set a flag of OpenSSL'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -s M -l master -d 'run a master process (there always is one here)'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -s T -l enable-threads -d 'let the application start threads'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l thunder-lock -d 'serialise accept between workers'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l lazy-apps -d 'load the application in each worker'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l lazy -d 'the older name of lazy-apps'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l vacuum -d 'remove unix sockets and pidfiles at the end'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l die-on-term -d 'stop on TERM; `false` makes TERM reload, as uWSGI does'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l exit-on-reload -d 'end where a reload is asked for'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -s i -l single-interpreter -d 'use one Python interpreter'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l auto-procname -d 'name the processes after their work'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l close-on-exec -d 'close sockets in programs the application runs'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l no-orphans -d 'end workers whose master is gone'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l skip-zero -d 'do not look whether descriptor 0 is a socket'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l skip-atexit -d 'end without the handlers that the application left for its exit'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l skip-atexit-teardown -d 'end without taking down the interpreter'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l honour-stdin -d 'leave standard input to the workers; otherwise it is /dev/null'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l force-gateway -d 'start gateways without a master'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -s r -l reaper -d 'after each request, bury processes that the application started and forgot'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l no-fd-passing -d 'hand no descriptors to other processes'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l persistent-ipcsem -d 'leave semaphores behind at the end'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l no-default-app -d 'answer 500 where no mount fits, instead of asking the first application'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l catch-exceptions -d 'show exceptions and the variables of the request to the client'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l use-abort -d 'end with SIGABRT after a crash'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l vhost -d 'choose applications by host as well'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l vhost-host -d 'take the host from the Host header'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l cheaper-algo-list -l cheaper-algos-list -l cheaper-list -d 'list the algorithms of cheaper-algo'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l cheaper-busyness-verbose -d 'log the busyness each time it is measured'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l cheap -d 'start workers when the first client comes'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l die-on-idle -d 'end the server instead, under idle'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l no-initgroups -d 'leave out the further groups of the user'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l master-as-root -d 'only workers and gateways drop privileges'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l drop-after-init -d 'drop privileges after Python has started'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l drop-after-apps -d 'drop privileges after the application is loaded'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l need-app -d 'do not start without an application'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l paste-logger -d 'set up Python\'s logging from the file of paste'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l wsgi-disable-file-wrapper -d 'leave wsgi.file_wrapper out of the environ'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l wsgi-accept-buffer -l wsgi-accept-buffers -d 'take bytearray and memoryview for a body'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l wsgi-strict -d 'keep to PEP 3333 without shortcuts'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l start_response-nodelay -d 'send the head before the body is there'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l py-call-osafterfork -d 'tell Python of forks'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l py-call-uwsgi-fork-hooks -d 'tell Python before and after each fork of a worker'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l harakiri-verbose -d 'tell more of a request that took too long'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l ignore-sigpipe -d 'do not report SIGPIPE'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l ignore-write-errors -d 'do not report write errors'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l disable-write-exception -d 'no exception on write'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l harakiri-no-arh -l no-harakiri-arh -l no-harakiri-after-req-hook -d 'do not count the hook after a request for harakiri'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l write-errors-exception-only -d 'tell the application of failed writes by an exception only'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l propagate-touch -d 'tell the gateways of a reload in another way'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l reload-on-exception -d 'replace a worker when the application raises an exception'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l daemons-honour-stdin -d 'leave the standard input of the server to the programs beside it'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l log-reopen -d 'open the log anew at each reload'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l log-truncate -d 'empty the log at the start'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l logfile-chown -d 'give the log to the user and group of the server'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -s L -l disable-logging -d 'do not log requests'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l log-4xx -d 'log requests answered with 4xx all the same'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l log-5xx -d 'log requests answered with 5xx all the same'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l log-zero -d 'log replies without a body all the same'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l log-json -d '(ours) log each request as one JSON object'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l logformat-strftime -l log-format-strftime -d 'write %(ftime) in the form of log-date'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l log-micros -d 'log times in microseconds'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l log-x-forwarded-for -d 'log the address of X-Forwarded-For'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -s m -l memory-report -d 'log the memory of the worker'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l logger-list -l loggers-list -d 'show the loggers and go on'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l log-master -d 'log through the master'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l log-master-stream -d 'send lines to the master over a stream'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l log-master-req-stream -d 'send lines of requests to the master over a stream'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l threaded-logger -d 'let a thread of the master write the log'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l rsyslog-split-messages -d 'split long lines to a remote system\'s log'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l stats-http -d 'put an HTTP head before the statistics'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l stats-minified -l stats-min -d 'statistics on one line'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l stats-no-cores -d 'leave the threads out of the statistics'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l stats-no-metrics -d 'leave the metrics out of the statistics'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l check-static-docroot -d 'serve what is a file below the DOCUMENT_ROOT that the front end names'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l static-gzip-all -d 'answer with FILE.br or FILE.gz where it is there and the client takes it'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l honour-range -d 'answer Range with the parts of a file that it names'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l disable-sendfile -d 'copy files instead of sendfile'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l manage-script-name -d 'cut the path of a mount from PATH_INFO and put it into SCRIPT_NAME'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l ignore-script-name -d 'choose no mount by the SCRIPT_NAME that a front end sends'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l pcre-jit -d 'compile the patterns of routes to machine code'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l ugreen -d 'switch between requests with uGreen'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l php-dump-config -d 'show the settings of PHP'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l rbthreads -l rb-threads -l rbthread -l rb-thread -d 'let Ruby use threads'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l rbshell-oneshot -d 'a Ruby prompt that ends the server when it is left'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l fiber -d 'switch between requests with Ruby\'s fibers'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l psgi-enable-psgix-io -d 'let a Perl application have the client\'s connection'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l perl-no-die-catch -d 'do not catch errors of Perl'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l perl-no-plack -d 'do not load Perl applications with Plack'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l perl-version -d 'show the version of Perl'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l plshell-oneshot -d 'a Perl prompt that ends the server when it is left'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l cgi-from-docroot -d 'look for CGI programs in the front end\'s document root'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l cgi-optimize -l cgi-optimized -d 'spare the check of the real path of CGI programs'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l cgi-path-info -d 'let CGI programs have the rest of the path'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l cgi-do-not-kill-on-error -d 'let a CGI program go on after an error'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l cgi-async-max-attempts -d 'how often to ask a CGI program in async mode'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l cgi-close-stdin-on-eof -d 'close a CGI program\'s input at its end'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l lua-shell -l luashell -d 'a Lua prompt in a worker'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l lua-gc-freq -d 'let Lua collect garbage this often'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l greenlet -d 'switch between requests with greenlets'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l stackless -d 'switch between requests with Stackless Python'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -a "deploy" -d 'Write and run everything a Django site needs behind nginx'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -a "healthcheck" -d 'Ask a running server for a page; exit code 0 when it answers below 400'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -a "hold" -d 'Keep sockets open for servers that come and go, such as containers that are replaced'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -a "take" -d 'Start a server with the sockets that `ruwsgi hold` keeps open'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -a "check" -d 'Read configurations, start nothing, and tell what each option comes to'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -a "options" -d 'Tell what options there are, and what becomes of them'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and not __fish_seen_subcommand_from init render check diff explain capacity adopt run build up down schema help" -f -a "init" -d 'Describe the project in ruwsgi.yaml and render everything from it'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and not __fish_seen_subcommand_from init render check diff explain capacity adopt run build up down schema help" -f -a "render" -d 'Render everything from ruwsgi.yaml again'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and not __fish_seen_subcommand_from init render check diff explain capacity adopt run build up down schema help" -f -a "check" -d 'Check ruwsgi.yaml and everything that would be rendered from it; write nothing'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and not __fish_seen_subcommand_from init render check diff explain capacity adopt run build up down schema help" -f -a "diff" -d 'Show how the files on disk differ from what would be rendered'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and not __fish_seen_subcommand_from init render check diff explain capacity adopt run build up down schema help" -f -a "explain" -d 'Tell which keys of ruwsgi.yaml, and which rules, a rendered line comes from'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and not __fish_seen_subcommand_from init render check diff explain capacity adopt run build up down schema help" -f -a "capacity" -d 'Show what each environment may take: workers, memory, connections to the database'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and not __fish_seen_subcommand_from init render check diff explain capacity adopt run build up down schema help" -f -a "adopt" -d 'Describe in ruwsgi.yaml what a uwsgi.ini, and an nginx.conf, say'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and not __fish_seen_subcommand_from init render check diff explain capacity adopt run build up down schema help" -f -a "run" -d 'Start nginx and the server right here, without containers'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and not __fish_seen_subcommand_from init render check diff explain capacity adopt run build up down schema help" -f -a "build" -d 'Build the images'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and not __fish_seen_subcommand_from init render check diff explain capacity adopt run build up down schema help" -f -a "up" -d 'Start the site in containers, and wait until it answers'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and not __fish_seen_subcommand_from init render check diff explain capacity adopt run build up down schema help" -f -a "down" -d 'Stop the containers and remove them'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and not __fish_seen_subcommand_from init render check diff explain capacity adopt run build up down schema help" -f -a "schema" -d 'Print the JSON schema of ruwsgi.yaml, for editors'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and not __fish_seen_subcommand_from init render check diff explain capacity adopt run build up down schema help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from init" -l host -d 'The site\'s name, such as www.example.com; may be said several times' -r
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from init" -l proxy -d 'How nginx speaks to the server' -r -f -a "uwsgi\t''
http\t''"
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from init" -l via -d 'Where nginx and the server meet' -r -f -a "socket\t''
tcp\t''"
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from init" -l python -d 'The Python of the images; without it the project\'s own, or 3.13' -r
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from init" -s y -l yes -d 'Ask nothing; take what was found'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from init" -l force -d 'Overwrite files that are in the way'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from render" -s f -l file -d 'This file, not the ruwsgi.yaml found here or in a folder above' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from render" -l env -d 'Only the files of this environment; all others stay as they are' -r
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from render" -l stdout -d 'Write nothing; print all files'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from render" -l keep-edits -d 'Keep what was changed by hand as patches, in patches/, which every later rendering applies'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from render" -l force -d 'Overwrite files that were changed by hand'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from check" -s f -l file -d 'This file, not the ruwsgi.yaml found here or in a folder above' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from diff" -s f -l file -d 'This file, not the ruwsgi.yaml found here or in a folder above' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from diff" -l exit-code -d 'Exit with 1 when a file differs: for CI'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from diff" -l names -d 'Only the names, and how each differs'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from diff" -l json -d 'As JSON'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from explain" -s f -l file -d 'This ruwsgi.yaml, not the one found here or in a folder above' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from explain" -l json -d 'As JSON'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from capacity" -s f -l file -d 'This file, not the ruwsgi.yaml found here or in a folder above' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from capacity" -l json -d 'As JSON'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from adopt" -l nginx -d 'The configuration of nginx in front of it: nginx.conf, or the file of the site' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from adopt" -l name -d 'The project\'s name; without it, one is made of the files' -r
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from adopt" -l stdout -d 'Write nothing; print the description, and the report to standard error'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from adopt" -l json -d 'The report as JSON'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from adopt" -l force -d 'Overwrite a ruwsgi.yaml that is there'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from run" -s f -l file -d 'This file, not the ruwsgi.yaml found here or in a folder above' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from run" -s p -l port -d 'Answer on this port of 127.0.0.1; without it, on a free one' -r
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from run" -l python -d 'The interpreter `--install` makes `.venv` with' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from run" -l install -d 'Make `.venv` in the project and install its requirements when Django is not there'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from build" -s f -l file -d 'This file, not the ruwsgi.yaml found here or in a folder above' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from build" -l no-cache -d 'Build every step again'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from build" -l pull -d 'Ask the registry for newer base images'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from up" -s f -l file -d 'This file, not the ruwsgi.yaml found here or in a folder above' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from up" -l env -d 'The environment whose compose.yaml is meant' -r
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from up" -l watch -d 'For development: changes of Python modules reach the running application. Stays until Ctrl-C'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from up" -l no-build -d 'Take the images as they are'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from down" -s f -l file -d 'This file, not the ruwsgi.yaml found here or in a folder above' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from down" -l env -d 'The environment whose compose.yaml is meant' -r
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from down" -l volumes -d 'Remove the volumes too: the database, uploads and everything else that was kept'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from help" -f -a "init" -d 'Describe the project in ruwsgi.yaml and render everything from it'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from help" -f -a "render" -d 'Render everything from ruwsgi.yaml again'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from help" -f -a "check" -d 'Check ruwsgi.yaml and everything that would be rendered from it; write nothing'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from help" -f -a "diff" -d 'Show how the files on disk differ from what would be rendered'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from help" -f -a "explain" -d 'Tell which keys of ruwsgi.yaml, and which rules, a rendered line comes from'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from help" -f -a "capacity" -d 'Show what each environment may take: workers, memory, connections to the database'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from help" -f -a "adopt" -d 'Describe in ruwsgi.yaml what a uwsgi.ini, and an nginx.conf, say'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from help" -f -a "run" -d 'Start nginx and the server right here, without containers'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from help" -f -a "build" -d 'Build the images'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from help" -f -a "up" -d 'Start the site in containers, and wait until it answers'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from help" -f -a "down" -d 'Stop the containers and remove them'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from help" -f -a "schema" -d 'Print the JSON schema of ruwsgi.yaml, for editors'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand healthcheck" -l path -d 'The page to ask for; /-/ready and /-/live are those of the metrics' -r
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand healthcheck" -l host -d 'The name of the site, as Django\'s `ALLOWED_HOSTS` has it' -r
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand healthcheck" -l protocol -d 'What the server speaks there' -r -f -a "http\t'metrics, http-socket or http'
uwsgi\t'socket'"
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand healthcheck" -l timeout -d 'The longest wait, in seconds' -r
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand hold" -l listen -d 'Connections that may wait at each; by default as many as the kernel allows' -r
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand hold" -l chmod-socket -d 'Permissions of unix sockets, in octal' -r
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand hold" -l patience -d 'How long connections wait while no server has the sockets, in seconds; after that they are closed' -r
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand take" -l patience -d 'How long to wait for whoever holds the sockets, in seconds' -r
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand check" -l allow -d 'Do not give this advice' -r
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand check" -l json -d 'As JSON'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand check" -l lints -d 'List the lints behind the advice'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand options" -l status -d 'Only options of this status' -r -f -a "works\t'Does what it says'
inert\t'Accepted without effect, and nothing is lost'
planned\t'Accepted with a warning, without effect yet'
refused\t'Ends the start'"
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand options" -l completions -d 'As completions for a shell' -r -f -a "bash\t''
elvish\t''
fish\t''
powershell\t''
zsh\t''"
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand options" -l json -d 'As JSON: a list with name, aliases, letter, argument, help, status and reason of each'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand options" -l markdown -d 'As the page docs/options.md'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand options" -l man -d 'As the manual page ruwsgi(1)'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand help; and not __fish_seen_subcommand_from deploy healthcheck hold take check options help" -f -a "deploy" -d 'Write and run everything a Django site needs behind nginx'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand help; and not __fish_seen_subcommand_from deploy healthcheck hold take check options help" -f -a "healthcheck" -d 'Ask a running server for a page; exit code 0 when it answers below 400'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand help; and not __fish_seen_subcommand_from deploy healthcheck hold take check options help" -f -a "hold" -d 'Keep sockets open for servers that come and go, such as containers that are replaced'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand help; and not __fish_seen_subcommand_from deploy healthcheck hold take check options help" -f -a "take" -d 'Start a server with the sockets that `ruwsgi hold` keeps open'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand help; and not __fish_seen_subcommand_from deploy healthcheck hold take check options help" -f -a "check" -d 'Read configurations, start nothing, and tell what each option comes to'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand help; and not __fish_seen_subcommand_from deploy healthcheck hold take check options help" -f -a "options" -d 'Tell what options there are, and what becomes of them'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand help; and not __fish_seen_subcommand_from deploy healthcheck hold take check options help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand help; and __fish_seen_subcommand_from deploy" -f -a "init" -d 'Describe the project in ruwsgi.yaml and render everything from it'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand help; and __fish_seen_subcommand_from deploy" -f -a "render" -d 'Render everything from ruwsgi.yaml again'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand help; and __fish_seen_subcommand_from deploy" -f -a "check" -d 'Check ruwsgi.yaml and everything that would be rendered from it; write nothing'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand help; and __fish_seen_subcommand_from deploy" -f -a "diff" -d 'Show how the files on disk differ from what would be rendered'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand help; and __fish_seen_subcommand_from deploy" -f -a "explain" -d 'Tell which keys of ruwsgi.yaml, and which rules, a rendered line comes from'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand help; and __fish_seen_subcommand_from deploy" -f -a "capacity" -d 'Show what each environment may take: workers, memory, connections to the database'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand help; and __fish_seen_subcommand_from deploy" -f -a "adopt" -d 'Describe in ruwsgi.yaml what a uwsgi.ini, and an nginx.conf, say'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand help; and __fish_seen_subcommand_from deploy" -f -a "run" -d 'Start nginx and the server right here, without containers'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand help; and __fish_seen_subcommand_from deploy" -f -a "build" -d 'Build the images'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand help; and __fish_seen_subcommand_from deploy" -f -a "up" -d 'Start the site in containers, and wait until it answers'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand help; and __fish_seen_subcommand_from deploy" -f -a "down" -d 'Stop the containers and remove them'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand help; and __fish_seen_subcommand_from deploy" -f -a "schema" -d 'Print the JSON schema of ruwsgi.yaml, for editors'
