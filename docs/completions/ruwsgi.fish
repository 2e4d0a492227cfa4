# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_ruwsgi_global_optspecs
    string join \n ini= include= strict set-placeholder= S/set= plugins= need-plugins= no-server h/help version python-version y/yaml= j/json= x/xmlconfig= toml= declare-option= declare-option2= resolve= show-config print= iprint= get= exit= dump-options plugins-dir= autoload plugins-list mode= s/socket= http-socket= http11-socket= C/chmod-socket= chown-socket= l/listen= z/socket-timeout= http= http-timeout= http-keepalive= http-auto-chunked http-chunked-input http-manage-expect= http-raw-body http-allow-underscores forwarded-allow-ips= M/master p/processes= threads= T/enable-threads thunder-lock lazy-apps lazy chdir= chdir2= env= pidfile= pidfile2= safe-pidfile= d/daemonize= daemonize2= stop= reload= vacuum die-on-term exit-on-reload i/single-interpreter auto-procname procname-prefix= close-on-exec no-orphans uid= gid= umask= need-app w/module= wsgi-file= callable= H/home= pythonpath= pyargv= O/optimize= t/harakiri= harakiri-verbose b/buffer-size= limit-post= post-buffering= max-fd= ignore-sigpipe ignore-write-errors disable-write-exception R/max-requests= max-requests-delta= min-worker-lifetime= max-worker-lifetime= max-worker-lifetime-delta= reload-on-rss= worker-reload-mercy= reload-mercy= touch-reload= py-autoreload= hook-master-start= L/disable-logging log-4xx log-5xx log-slow= log-micros log-x-forwarded-for m/memory-report logto= logto2= log-master stats= stats-http stats-minified static-map=
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
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -s s -l socket -l uwsgi-socket -d 'listen for the uwsgi protocol (nginx: uwsgi_pass) on host:port, :port or a path' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l http-socket -d 'listen for HTTP in the workers (nginx: proxy_pass); a connection per request' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l http11-socket -d 'listen for HTTP in the workers, with keep-alive' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -s C -l chmod-socket -l chmod -d 'permissions of unix sockets, three octal digits; 666 when bare' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l chown-socket -d 'owner of unix sockets' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -s l -l listen -d 'connections the kernel may queue per socket' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -s z -l socket-timeout -d 'longest wait for the next bytes of a request or for a client to take bytes' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l http -l httprouter -d 'listen for HTTP in a process of its own that hands requests to idle workers' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l http-timeout -d 'longest silence of a client or a worker on a gateway connection' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l http-keepalive -d 'how long an idle connection is kept' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l http-manage-expect -d 'answer Expect' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l forwarded-allow-ips -d '(ours) address whose X-Forwarded-Proto is believed on HTTP listeners, beside loopback' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -s p -l processes -l workers -d 'number of workers' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l threads -d 'threads per worker, one request in each' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l chdir -d 'change to a directory before loading' -r -f -a "(__fish_complete_directories)"
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l chdir2 -d 'change to a directory after loading' -r -f -a "(__fish_complete_directories)"
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l env -d 'set an environment variable' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l pidfile -d 'write the master\'s pid, before dropping' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l pidfile2 -d 'write the master\'s pid, after dropping' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l safe-pidfile -d 'write the master\'s pid once it serves' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -s d -l daemonize -d 'go to the background, log to a file' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l daemonize2 -d 'go to the background once the application is loaded' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l stop -d 'stop the server of a pidfile' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l reload -d 'reload the server of a pidfile gracefully' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l procname-prefix -l procname-prefix-spaced -d 'put a text before the names of the processes' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l uid -d 'become this user, by name or number' -r -f -a "(__fish_complete_users)"
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l gid -d 'become this group, by name or number' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l umask -d 'file mode creation mask, octal' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -s w -l module -l wsgi -d 'load a WSGI module' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l wsgi-file -l file -d 'load a .py file' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l callable -d 'name of the application in its module' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -s H -l home -l virtualenv -l venv -l pyhome -d 'virtual environment, or home of Python' -r -f -a "(__fish_complete_directories)"
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l pythonpath -l python-path -l pp -d 'add a directory to the module search path' -r -f -a "(__fish_complete_directories)"
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l pyargv -d 'what follows the program\'s name in sys.argv' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -s O -l optimize -d 'level of Python\'s -O' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -s t -l harakiri -d 'longest time a request may take' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -s b -l buffer-size -d 'largest head of a request' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l limit-post -d 'largest body of a request; 0 is no limit' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l post-buffering -d 'bytes of a body kept in memory; what is beyond goes to a temporary file' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l max-fd -d 'limit the number of open files' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -s R -l max-requests -d 'replace a worker after N requests; 0 is never' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l max-requests-delta -d 'add N times the worker\'s number less one to max-requests' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l min-worker-lifetime -d 'no worker is replaced for its requests or memory before' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l max-worker-lifetime -d 'replace a worker after this time; 0 is never' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l max-worker-lifetime-delta -d 'add this, times the worker\'s number less one, to max-worker-lifetime' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l reload-on-rss -d 'replace a worker whose resident memory is larger; 0 is never' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l worker-reload-mercy -d 'how long a worker may take to finish before it is killed' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l reload-mercy -d 'how long the whole server may take to finish before it is killed' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l touch-reload -d 'reload when this file changes, appears or goes' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l py-autoreload -l py-auto-reload -l python-auto-reload -l python-autoreload -d 'look for changed Python modules at this interval and reload; 0 is never' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l hook-master-start -d 'run a hook in the master' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l log-slow -d 'log requests that take longer all the same; 0 is never' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l logto -d 'log to a file, opened before dropping' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l logto2 -d 'log to a file, opened after dropping' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l stats -l stats-server -d 'serve statistics as JSON on an address' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l static-map -d 'serve files below a directory for paths below a prefix' -r -f
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l strict -d 'refuse names that are not options, and unclear values'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l no-server -l dry-run -d 'check, load the application, and end'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -s h -l help -l usage -d 'print this list'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l version -d 'print the version'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l python-version -d 'print the version of Python'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l show-config -d 'log the configuration as it was understood'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l dump-options -d 'print the names of all options, and end'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l autoload -d 'load the plugins that options need'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l plugins-list -l plugin-list -d 'list the plugins'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l http-auto-chunked -d 'answer in chunks'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l http-chunked-input -d 'accept chunked bodies'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l http-raw-body -d 'pass bodies on'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l http-allow-underscores -d '(ours) keep header names with an underscore on HTTP listeners'
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
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l need-app -d 'do not start without an application'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l harakiri-verbose -d 'tell more of a request that took too long'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l ignore-sigpipe -d 'do not report SIGPIPE'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l ignore-write-errors -d 'do not report write errors'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l disable-write-exception -d 'no exception on write'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -s L -l disable-logging -d 'do not log requests'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l log-4xx -d 'log requests answered with 4xx all the same'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l log-5xx -d 'log requests answered with 5xx all the same'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l log-micros -d 'log times in microseconds'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l log-x-forwarded-for -d 'log the address of X-Forwarded-For'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -s m -l memory-report -d 'log the memory of the worker'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l log-master -d 'log through the master'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l stats-http -d 'put an HTTP head before the statistics'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -l stats-minified -l stats-min -d 'statistics on one line'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -a "deploy" -d 'Write and run everything a Django site needs behind nginx'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -a "healthcheck" -d 'Ask a running server for a page; exit code 0 when it answers below 400'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -a "check" -d 'Read configurations, start nothing, and tell what each option comes to'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -a "options" -d 'Tell what options there are, and what becomes of them'
complete -c ruwsgi -n "__fish_ruwsgi_needs_command" -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and not __fish_seen_subcommand_from init render run schema help" -f -a "init" -d 'Describe the project in ruwsgi.yaml and render everything from it'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and not __fish_seen_subcommand_from init render run schema help" -f -a "render" -d 'Render everything from ruwsgi.yaml again'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and not __fish_seen_subcommand_from init render run schema help" -f -a "run" -d 'Start nginx and the server right here, without containers'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and not __fish_seen_subcommand_from init render run schema help" -f -a "schema" -d 'Print the JSON schema of ruwsgi.yaml, for editors'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and not __fish_seen_subcommand_from init render run schema help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from init" -l proxy -d 'How nginx speaks to the server' -r -f -a "uwsgi\t''
http\t''"
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from init" -l via -d 'Where nginx and the server meet' -r -f -a "socket\t''
tcp\t''"
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from init" -l python -d 'The Python of the images' -r
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from init" -l force -d 'Overwrite files that are in the way'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from render" -s f -l file -d 'This file, not the ruwsgi.yaml found here or in a folder above' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from render" -l check -d 'Write nothing; exit with 1 when a file on disk is not what would be rendered'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from render" -l stdout -d 'Write nothing; print all files'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from render" -l force -d 'Overwrite files that were changed by hand'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from run" -s f -l file -d 'This file, not the ruwsgi.yaml found here or in a folder above' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from run" -s p -l port -d 'Answer on this port of 127.0.0.1; without it, on a free one' -r
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from run" -l python -d 'The interpreter `--install` makes `.venv` with' -r -F
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from run" -l install -d 'Make `.venv` in the project and install its requirements when Django is not there'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from help" -f -a "init" -d 'Describe the project in ruwsgi.yaml and render everything from it'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from help" -f -a "render" -d 'Render everything from ruwsgi.yaml again'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from help" -f -a "run" -d 'Start nginx and the server right here, without containers'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from help" -f -a "schema" -d 'Print the JSON schema of ruwsgi.yaml, for editors'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand deploy; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand healthcheck" -l path -d 'The page to ask for' -r
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand healthcheck" -l host -d 'The name of the site, as Django\'s `ALLOWED_HOSTS` has it' -r
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand healthcheck" -l protocol -d 'What the server speaks there' -r -f -a "http\t'http-socket or http'
uwsgi\t'socket'"
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand healthcheck" -l timeout -d 'The longest wait, in seconds' -r
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
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand help; and not __fish_seen_subcommand_from deploy healthcheck check options help" -f -a "deploy" -d 'Write and run everything a Django site needs behind nginx'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand help; and not __fish_seen_subcommand_from deploy healthcheck check options help" -f -a "healthcheck" -d 'Ask a running server for a page; exit code 0 when it answers below 400'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand help; and not __fish_seen_subcommand_from deploy healthcheck check options help" -f -a "check" -d 'Read configurations, start nothing, and tell what each option comes to'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand help; and not __fish_seen_subcommand_from deploy healthcheck check options help" -f -a "options" -d 'Tell what options there are, and what becomes of them'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand help; and not __fish_seen_subcommand_from deploy healthcheck check options help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand help; and __fish_seen_subcommand_from deploy" -f -a "init" -d 'Describe the project in ruwsgi.yaml and render everything from it'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand help; and __fish_seen_subcommand_from deploy" -f -a "render" -d 'Render everything from ruwsgi.yaml again'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand help; and __fish_seen_subcommand_from deploy" -f -a "run" -d 'Start nginx and the server right here, without containers'
complete -c ruwsgi -n "__fish_ruwsgi_using_subcommand help; and __fish_seen_subcommand_from deploy" -f -a "schema" -d 'Print the JSON schema of ruwsgi.yaml, for editors'
