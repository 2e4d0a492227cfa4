//! Rows about plugins that are not in a common build of uWSGI.

use super::concurrency::THREADS;
use super::{Argument, Row};

/// What to use for PHP.
const PHP: &str = "run PHP with php-fpm behind nginx's fastcgi_pass";
/// Why options that tune other languages are inert.
const NOT_PYTHON: &str = "only Python applications are served";
/// What to use for Ruby.
const RUBY: &str = "run Ruby applications with puma behind nginx's proxy_pass";
/// What to use for Java and Clojure.
const JVM: &str = "run Java applications with a server of their own behind nginx's proxy_pass";
/// What to use for applications of `PyPy`.
const PYPY: &str = "name the application with module or wsgi-file: it is run by CPython";
/// Why options that tune `PyPy` are inert.
const NOT_CPYTHON: &str = "applications are run by CPython";

pub(super) static ROWS: &[Row] = &[
    Row::refused("php-app", Argument::Required("FILE"), "run one PHP file for every request", PHP),
    Row::refused(
        "php-docroot",
        Argument::Required("DIRECTORY"),
        "run the PHP files of a directory",
        PHP,
    ),
    Row::inert("php-ini", Argument::Required("FILE"), "settings file of PHP", NOT_PYTHON)
        .aliases(&["php-config"]),
    Row::inert(
        "php-ini-append",
        Argument::Required("FILE"),
        "another settings file of PHP",
        NOT_PYTHON,
    )
    .aliases(&["php-config-append"])
    .repeats(),
    Row::inert("php-set", Argument::Required("KEY=VALUE"), "one setting of PHP", NOT_PYTHON)
        .repeats(),
    Row::inert(
        "php-index",
        Argument::Required("FILE"),
        "PHP file that answers for a directory",
        NOT_PYTHON,
    )
    .repeats(),
    Row::inert(
        "php-allowed-docroot",
        Argument::Required("DIRECTORY"),
        "run PHP files below this directory only",
        NOT_PYTHON,
    )
    .repeats(),
    Row::inert(
        "php-allowed-ext",
        Argument::Required("EXTENSION"),
        "run PHP files with this extension only",
        NOT_PYTHON,
    )
    .repeats(),
    Row::inert(
        "php-allowed-script",
        Argument::Required("FILE"),
        "run this PHP file only",
        NOT_PYTHON,
    )
    .repeats(),
    Row::inert(
        "php-app-qs",
        Argument::Required("QUERY"),
        "query that the one PHP file gets",
        NOT_PYTHON,
    ),
    Row::inert(
        "php-app-bypass",
        Argument::Required("PATTERN"),
        "paths that the one PHP file does not get",
        NOT_PYTHON,
    )
    .repeats(),
    Row::inert(
        "php-fallback",
        Argument::Required("FILE"),
        "PHP file for paths without one",
        NOT_PYTHON,
    ),
    Row::inert(
        "php-fallback2",
        Argument::Required("FILE"),
        "PHP file for paths without one, its own path kept",
        NOT_PYTHON,
    ),
    Row::inert(
        "php-fallback-qs",
        Argument::Required("NAME"),
        "query variable that holds the path for the fallback of PHP",
        NOT_PYTHON,
    ),
    Row::inert(
        "php-var",
        Argument::Required("NAME=VALUE"),
        "variable that PHP files see",
        NOT_PYTHON,
    )
    .repeats(),
    Row::inert(
        "php-constant",
        Argument::Required("NAME=VALUE"),
        "constant that PHP files see",
        NOT_PYTHON,
    )
    .repeats(),
    Row::inert(
        "php-exec-before",
        Argument::Required("CODE"),
        "PHP code to run before each request",
        NOT_PYTHON,
    )
    .aliases(&["php-exec-begin"])
    .repeats(),
    Row::inert(
        "php-exec-after",
        Argument::Required("CODE"),
        "PHP code to run after each request",
        NOT_PYTHON,
    )
    .aliases(&["php-exec-end"])
    .repeats(),
    Row::inert(
        "php-server-software",
        Argument::Required("TEXT"),
        "what PHP calls the server",
        NOT_PYTHON,
    ),
    Row::inert(
        "php-sapi-name",
        Argument::Required("NAME"),
        "what PHP calls its interface to the server",
        NOT_PYTHON,
    ),
    Row::inert("php-dump-config", Argument::None, "show the settings of PHP", NOT_PYTHON),
    Row::refused("rack", Argument::Required("FILE"), "run a Rack application", RUBY),
    Row::refused(
        "rails",
        Argument::Required("DIRECTORY"),
        "run a Rails application of version 2",
        RUBY,
    ),
    Row::inert(
        "rb-require",
        Argument::Required("FILE"),
        "load a Ruby file in each worker",
        NOT_PYTHON,
    )
    .aliases(&["ruby-require", "rbrequire", "rubyrequire", "require"])
    .repeats(),
    Row::inert(
        "shared-rb-require",
        Argument::Required("FILE"),
        "load a Ruby file before the workers start",
        NOT_PYTHON,
    )
    .aliases(&["shared-ruby-require", "shared-rbrequire", "shared-rubyrequire", "shared-require"])
    .repeats(),
    Row::inert(
        "rb-lib",
        Argument::Required("DIRECTORY"),
        "let Ruby look for files in a directory",
        NOT_PYTHON,
    )
    .aliases(&["ruby-lib"])
    .repeats(),
    Row::inert("gemset", Argument::Required("NAME"), "use Ruby's packages of this set", NOT_PYTHON)
        .aliases(&["rvm"]),
    Row::inert(
        "rvm-path",
        Argument::Required("DIRECTORY"),
        "where Ruby's version manager is",
        NOT_PYTHON,
    )
    .repeats(),
    Row::inert(
        "ruby-gc-freq",
        Argument::Required("REQUESTS"),
        "let Ruby collect garbage this often",
        NOT_PYTHON,
    )
    .aliases(&["rb-gc-freq"]),
    Row::inert("rbthreads", Argument::None, "let Ruby use threads", NOT_PYTHON).aliases(&[
        "rb-threads",
        "rbthread",
        "rb-thread",
    ]),
    Row::inert("rbshell", Argument::Optional("CODE"), "a Ruby prompt in a worker", NOT_PYTHON),
    Row::inert(
        "rbshell-oneshot",
        Argument::None,
        "a Ruby prompt that ends the server when it is left",
        NOT_PYTHON,
    ),
    Row::inert("fiber", Argument::None, "switch between requests with Ruby's fibers", NOT_PYTHON),
    Row::refused(
        "psgi",
        Argument::Required("FILE"),
        "run a Perl application",
        "run Perl applications with starman behind nginx's proxy_pass",
    ),
    Row::inert(
        "psgi-enable-psgix-io",
        Argument::None,
        "let a Perl application have the client's connection",
        NOT_PYTHON,
    ),
    Row::inert("perl-no-die-catch", Argument::None, "do not catch errors of Perl", NOT_PYTHON),
    Row::inert(
        "perl-no-plack",
        Argument::None,
        "do not load Perl applications with Plack",
        NOT_PYTHON,
    ),
    Row::inert(
        "perl-local-lib",
        Argument::Required("DIRECTORY"),
        "Perl's local library",
        NOT_PYTHON,
    ),
    Row::inert("perl-version", Argument::None, "show the version of Perl", NOT_PYTHON).repeats(),
    Row::inert(
        "perl-args",
        Argument::Required("ARGUMENTS"),
        "arguments that Perl sees",
        NOT_PYTHON,
    ),
    Row::inert(
        "perl-arg",
        Argument::Required("ARGUMENT"),
        "one more argument that Perl sees",
        NOT_PYTHON,
    )
    .repeats(),
    Row::inert(
        "perl-exec",
        Argument::Required("FILE"),
        "run a Perl file before the workers start",
        NOT_PYTHON,
    )
    .repeats(),
    Row::inert(
        "perl-exec-post-fork",
        Argument::Required("FILE"),
        "run a Perl file in each worker",
        NOT_PYTHON,
    )
    .repeats(),
    Row::inert(
        "perl-auto-reload",
        Argument::Required("SECONDS"),
        "reload when a Perl file has changed",
        NOT_PYTHON,
    ),
    Row::inert(
        "perl-auto-reload-ignore",
        Argument::Required("FILE"),
        "a Perl file whose changes do not matter",
        NOT_PYTHON,
    )
    .repeats(),
    Row::inert("plshell", Argument::Optional("CODE"), "a Perl prompt in a worker", NOT_PYTHON),
    Row::inert(
        "plshell-oneshot",
        Argument::None,
        "a Perl prompt that ends the server when it is left",
        NOT_PYTHON,
    ),
    Row::inert(
        "coroae",
        Argument::Required("COUNT"),
        "serve this many requests in turn with Perl's Coro",
        NOT_PYTHON,
    ),
    Row::refused(
        "cgi",
        Argument::Required("[MOUNT=]PATH"),
        "run CGI programs",
        "run CGI programs with fcgiwrap behind nginx's fastcgi_pass",
    ),
    Row::inert(
        "cgi-map-helper",
        Argument::Required("EXTENSION=PROGRAM"),
        "program that runs CGI files with an extension",
        NOT_PYTHON,
    )
    .aliases(&["cgi-helper"]),
    Row::inert(
        "cgi-from-docroot",
        Argument::None,
        "look for CGI programs in the front end's document root",
        NOT_PYTHON,
    ),
    Row::inert(
        "cgi-buffer-size",
        Argument::Required("BYTES"),
        "read this much from a CGI program at a time",
        NOT_PYTHON,
    ),
    Row::inert(
        "cgi-timeout",
        Argument::Required("SECONDS"),
        "wait this long for a CGI program",
        NOT_PYTHON,
    ),
    Row::inert(
        "cgi-index",
        Argument::Required("FILE"),
        "CGI program that answers for a directory",
        NOT_PYTHON,
    )
    .repeats(),
    Row::inert(
        "cgi-allowed-ext",
        Argument::Required("EXTENSION"),
        "run CGI programs with this extension only",
        NOT_PYTHON,
    )
    .repeats(),
    Row::inert(
        "cgi-unset",
        Argument::Required("NAME"),
        "variable that CGI programs do not see",
        NOT_PYTHON,
    )
    .repeats(),
    Row::inert(
        "cgi-loadlib",
        Argument::Required("FILE"),
        "load a library that runs CGI programs in the worker",
        NOT_PYTHON,
    )
    .repeats(),
    Row::inert(
        "cgi-optimize",
        Argument::None,
        "spare the check of the real path of CGI programs",
        NOT_PYTHON,
    )
    .aliases(&["cgi-optimized"]),
    Row::inert(
        "cgi-path-info",
        Argument::None,
        "let CGI programs have the rest of the path",
        NOT_PYTHON,
    ),
    Row::inert(
        "cgi-do-not-kill-on-error",
        Argument::None,
        "let a CGI program go on after an error",
        NOT_PYTHON,
    ),
    Row::inert(
        "cgi-async-max-attempts",
        Argument::None,
        "how often to ask a CGI program in async mode",
        NOT_PYTHON,
    ),
    Row::inert(
        "cgi-close-stdin-on-eof",
        Argument::None,
        "close a CGI program's input at its end",
        NOT_PYTHON,
    ),
    Row::inert(
        "cgi-safe",
        Argument::Required("PATH"),
        "a path outside the directory that CGI programs may be at",
        NOT_PYTHON,
    )
    .repeats(),
    Row::refused(
        "jwsgi",
        Argument::Required("CLASS"),
        "run a Java application of uWSGI's own kind",
        JVM,
    ),
    Row::refused(
        "ring-app",
        Argument::Required("NAMESPACE:FUNCTION"),
        "run a Clojure application",
        JVM,
    ),
    Row::inert("ring-load", Argument::Required("FILE"), "load a Clojure file", NOT_PYTHON)
        .aliases(&["clojure-load"])
        .repeats(),
    Row::refused(
        "jvm-main-class",
        Argument::Required("CLASS"),
        "run a Java program in each worker",
        JVM,
    )
    .repeats(),
    Row::inert("jvm-class", Argument::Required("CLASS"), "load a Java class", NOT_PYTHON).repeats(),
    Row::inert(
        "jvm-classpath",
        Argument::Required("PATH"),
        "where Java looks for classes",
        NOT_PYTHON,
    )
    .repeats(),
    Row::inert(
        "jvm-opt",
        Argument::Required("OPTION"),
        "an option of the Java machine",
        NOT_PYTHON,
    )
    .repeats(),
    Row::refused(
        "mono-app",
        Argument::Required("FILE"),
        "run an ASP.NET application",
        "run .NET applications with their own server behind nginx's proxy_pass",
    )
    .repeats(),
    Row::inert(
        "mono-key",
        Argument::Required("VARIABLE"),
        "request variable that finds the ASP.NET application",
        NOT_PYTHON,
    )
    .repeats(),
    Row::inert("mono-version", Argument::Required("VERSION"), "version of Mono", NOT_PYTHON),
    Row::inert("mono-config", Argument::Required("FILE"), "settings file of Mono", NOT_PYTHON),
    Row::inert(
        "mono-assembly",
        Argument::Required("FILE"),
        "assembly that runs ASP.NET applications",
        NOT_PYTHON,
    ),
    Row::inert(
        "mono-exec",
        Argument::Required("FILE"),
        "run a Mono program before the workers start",
        NOT_PYTHON,
    )
    .repeats(),
    Row::inert(
        "mono-index",
        Argument::Required("FILE"),
        "file that answers for a directory under ASP.NET",
        NOT_PYTHON,
    )
    .repeats(),
    Row::inert(
        "mono-gc-freq",
        Argument::Required("REQUESTS"),
        "let Mono collect garbage this often",
        NOT_PYTHON,
    ),
    Row::refused(
        "lua",
        Argument::Required("FILE"),
        "run a Lua application",
        "run Lua applications with OpenResty",
    ),
    Row::inert("lua-load", Argument::Required("FILE"), "load a Lua file", NOT_PYTHON).repeats(),
    Row::inert("lua-shell", Argument::None, "a Lua prompt in a worker", NOT_PYTHON)
        .aliases(&["luashell"]),
    Row::inert("lua-gc-freq", Argument::None, "let Lua collect garbage this often", NOT_PYTHON),
    Row::refused(
        "v8-jsgi",
        Argument::Required("FILE"),
        "run a JavaScript application",
        "run JavaScript applications with node behind nginx's proxy_pass",
    ),
    Row::inert("v8-load", Argument::Required("FILE"), "load a JavaScript file", NOT_PYTHON)
        .repeats(),
    Row::inert(
        "v8-module-path",
        Argument::Required("DIRECTORY"),
        "where JavaScript modules are",
        NOT_PYTHON,
    )
    .repeats(),
    Row::inert(
        "v8-preemptive",
        Argument::Required("MILLISECONDS"),
        "let JavaScript change threads this often",
        NOT_PYTHON,
    ),
    Row::inert(
        "v8-gc-freq",
        Argument::Required("REQUESTS"),
        "let JavaScript collect garbage this often",
        NOT_PYTHON,
    ),
    Row::refused(
        "go-load",
        Argument::Required("FILE"),
        "load a Go library that answers requests",
        "run Go applications as their own server behind nginx's proxy_pass",
    )
    .aliases(&["gccgo-load"])
    .repeats(),
    Row::inert(
        "go-args",
        Argument::Required("ARGUMENTS"),
        "arguments that Go code sees",
        NOT_PYTHON,
    )
    .aliases(&["gccgo-args"]),
    Row::inert(
        "goroutines",
        Argument::Required("COUNT"),
        "serve this many requests in turn with goroutines",
        NOT_PYTHON,
    ),
    Row::refused(
        "pypy-wsgi",
        Argument::Required("MODULE:CALLABLE"),
        "module of the application, run by PyPy",
        PYPY,
    ),
    Row::refused(
        "pypy-wsgi-file",
        Argument::Required("FILE"),
        "file of the application, run by PyPy",
        PYPY,
    ),
    Row::refused(
        "pypy-paste",
        Argument::Required("CONFIG"),
        "application of a PasteDeploy file, run by PyPy",
        PYPY,
    ),
    Row::refused(
        "pypy-ini-paste",
        Argument::Required("FILE"),
        "application and options of a PasteDeploy file, run by PyPy",
        PYPY,
    ),
    Row::inert("pypy-lib", Argument::Required("FILE"), "where PyPy's library is", NOT_CPYTHON),
    Row::inert(
        "pypy-home",
        Argument::Required("DIRECTORY"),
        "where PyPy is installed",
        NOT_CPYTHON,
    ),
    Row::inert(
        "pypy-setup",
        Argument::Required("FILE"),
        "code that connects PyPy to the server",
        NOT_CPYTHON,
    ),
    Row::inert(
        "pypy-pp",
        Argument::Required("DIRECTORY"),
        "let PyPy look for modules in a directory",
        NOT_CPYTHON,
    )
    .aliases(&["pypy-python-path", "pypy-pythonpath"])
    .repeats(),
    Row::inert(
        "pypy-eval",
        Argument::Required("CODE"),
        "run code in PyPy before the workers start",
        NOT_CPYTHON,
    )
    .repeats(),
    Row::inert(
        "pypy-eval-post-fork",
        Argument::Required("CODE"),
        "run code in PyPy in each worker",
        NOT_CPYTHON,
    )
    .repeats(),
    Row::inert(
        "pypy-exec",
        Argument::Required("FILE"),
        "run a file in PyPy before the workers start",
        NOT_CPYTHON,
    )
    .repeats(),
    Row::inert(
        "pypy-exec-post-fork",
        Argument::Required("FILE"),
        "run a file in PyPy in each worker",
        NOT_CPYTHON,
    )
    .repeats(),
    Row::planned(
        "asyncio",
        Argument::Required("CORES"),
        "serve this many requests in turn with asyncio",
    ),
    Row::planned(
        "tornado",
        Argument::Required("CORES"),
        "serve this many requests in turn with Tornado",
    ),
    Row::inert("greenlet", Argument::None, "switch between requests with greenlets", THREADS),
    Row::inert(
        "stackless",
        Argument::None,
        "switch between requests with Stackless Python",
        THREADS,
    ),
    Row::planned(
        "dumbloop-modifier1",
        Argument::Required("N"),
        "modifier of the requests that a loop makes up",
    ),
    Row::planned(
        "dumbloop-code",
        Argument::Required("TEXT"),
        "code that a made-up request carries",
    ),
    Row::planned(
        "dumbloop-function",
        Argument::Required("NAME"),
        "function that a made-up request names",
    ),
    Row::planned(
        "curl-cron",
        Argument::Required("MIN HOUR DAY MONTH WEEKDAY URL"),
        "ask for a URL at the times that a crontab line says",
    )
    .aliases(&["cron-curl"]),
    Row::planned(
        "legion-curl-cron",
        Argument::Required("LEGION CRON URL"),
        "as curl-cron, but only where this server is the lord of a legion",
    )
    .aliases(&["legion-cron-curl", "curl-cron-legion", "cron-curl-legion"]),
    Row::planned("log-zeromq", Argument::Required("ADDRESS"), "send the log to a ZeroMQ socket")
        .repeats(),
    Row::planned("notfound-log", Argument::None, "log each request that finds nothing"),
    Row::planned(
        "zeromq",
        Argument::Required("ADDRESSES"),
        "take requests from Mongrel2 over ZeroMQ",
    )
    .aliases(&["zmq", "zeromq-socket", "zmq-socket", "mongrel2"])
    .repeats(),
    Row::planned(
        "zabbix-template",
        Argument::Optional("FILE"),
        "write a template for Zabbix of the metrics and end",
    ),
    Row::planned(
        "geoip-country",
        Argument::Required("FILE"),
        "database that finds the country of a client",
    ),
    Row::planned(
        "geoip-city",
        Argument::Required("FILE"),
        "database that finds the city of a client",
    ),
    Row::planned(
        "geoip-use-disk",
        Argument::None,
        "read the database of clients' places from disk each time",
    ),
    Row::planned("ldap", Argument::Required("URL"), "read options from an LDAP server"),
    Row::planned("ldap-schema", Argument::None, "show the LDAP schema of the options and end"),
    Row::planned(
        "ldap-schema-ldif",
        Argument::None,
        "show the LDAP schema of the options in LDIF and end",
    ),
    Row::planned(
        "sqlite3",
        Argument::Required("FILE:QUERY"),
        "read options from an SQLite database",
    )
    .aliases(&["sqlite"]),
    Row::planned("pam", Argument::Required("SERVICE"), "open a session of PAM for the process"),
    Row::planned("pam-user", Argument::Required("USER"), "user of the session of PAM"),
    Row::planned(
        "glusterfs-mount",
        Argument::Required("KEY=VALUE,…"),
        "serve the files of a GlusterFS volume",
    )
    .repeats(),
    Row::planned(
        "glusterfs-timeout",
        Argument::Required("SECONDS"),
        "wait this long for GlusterFS",
    ),
    Row::planned(
        "gridfs-mount",
        Argument::Required("KEY=VALUE,…"),
        "serve the files of a MongoDB GridFS",
    )
    .repeats(),
    Row::planned("gridfs-debug", Argument::None, "log what is asked of GridFS"),
    Row::planned(
        "rados-mount",
        Argument::Required("KEY=VALUE,…"),
        "serve the objects of a Ceph pool",
    )
    .repeats(),
    Row::planned("rados-timeout", Argument::Required("SECONDS"), "wait this long for Ceph"),
    Row::planned(
        "xslt-docroot",
        Argument::Required("DIRECTORY"),
        "serve the XML files of a directory transformed",
    )
    .repeats(),
    Row::planned(
        "xslt-ext",
        Argument::Required("EXTENSION"),
        "take files with this extension for stylesheets",
    )
    .repeats(),
    Row::planned(
        "xslt-var",
        Argument::Required("VARIABLE"),
        "request variable that names the stylesheet",
    )
    .repeats(),
    Row::planned(
        "xslt-stylesheet",
        Argument::Required("FILE"),
        "stylesheet for files without one of their own",
    )
    .repeats(),
    Row::planned(
        "xslt-content-type",
        Argument::Required("TYPE"),
        "content type of transformed files",
    ),
    Row::planned("webdav-mount", Argument::Required("DIRECTORY"), "serve a directory over WebDAV")
        .repeats(),
    Row::planned(
        "webdav-css",
        Argument::Required("URL"),
        "style of the pages that list a WebDAV directory",
    )
    .repeats(),
    Row::planned(
        "webdav-javascript",
        Argument::Required("URL"),
        "script of the pages that list a WebDAV directory",
    )
    .aliases(&["webdav-js"])
    .repeats(),
    Row::planned(
        "webdav-class-directory",
        Argument::Required("CLASS"),
        "style class of directories in a WebDAV list",
    ),
    Row::planned("webdav-div", Argument::Required("ID"), "element that holds a WebDAV list"),
    Row::planned("webdav-lock-cache", Argument::Required("CACHE"), "keep WebDAV locks in a cache"),
    Row::planned(
        "webdav-principal-base",
        Argument::Required("PATH"),
        "where WebDAV finds who is who",
    ),
    Row::planned(
        "webdav-add-option",
        Argument::Required("WORD"),
        "tell WebDAV clients one more capability",
    )
    .repeats(),
    Row::planned(
        "webdav-add-prop",
        Argument::Required("PROPERTY"),
        "a WebDAV property of everything",
    )
    .repeats(),
    Row::planned(
        "webdav-add-collection-prop",
        Argument::Required("PROPERTY"),
        "a WebDAV property of directories",
    )
    .repeats(),
    Row::planned(
        "webdav-add-object-prop",
        Argument::Required("PROPERTY"),
        "a WebDAV property of files",
    )
    .repeats(),
    Row::planned(
        "webdav-add-prop-href",
        Argument::Required("PROPERTY"),
        "a WebDAV property of everything that is a link",
    )
    .repeats(),
    Row::planned(
        "webdav-add-collection-prop-href",
        Argument::Required("PROPERTY"),
        "a WebDAV property of directories that is a link",
    )
    .repeats(),
    Row::planned(
        "webdav-add-object-prop-href",
        Argument::Required("PROPERTY"),
        "a WebDAV property of files that is a link",
    )
    .repeats(),
    Row::planned(
        "webdav-add-prop-comp",
        Argument::Required("PROPERTY"),
        "a WebDAV property of everything that is a calendar component",
    )
    .repeats(),
    Row::planned(
        "webdav-add-collection-prop-comp",
        Argument::Required("PROPERTY"),
        "a WebDAV property of directories that is a calendar component",
    )
    .repeats(),
    Row::planned(
        "webdav-add-object-prop-comp",
        Argument::Required("PROPERTY"),
        "a WebDAV property of files that is a calendar component",
    )
    .repeats(),
    Row::planned(
        "webdav-add-rtype-prop",
        Argument::Required("PROPERTY"),
        "a WebDAV resource type of everything",
    )
    .repeats(),
    Row::planned(
        "webdav-add-rtype-collection-prop",
        Argument::Required("PROPERTY"),
        "a WebDAV resource type of directories",
    )
    .repeats(),
    Row::planned(
        "webdav-add-rtype-object-prop",
        Argument::Required("PROPERTY"),
        "a WebDAV resource type of files",
    )
    .repeats(),
    Row::planned(
        "webdav-skip-prop",
        Argument::Required("PROPERTY"),
        "a WebDAV property not to show",
    )
    .repeats(),
    Row::planned(
        "pty-socket",
        Argument::Required("ADDRESS"),
        "offer the server's terminal on an address",
    ),
    Row::planned("pty-log", Argument::None, "show the log in the server's terminal, too"),
    Row::planned("pty-input", Argument::None, "let the server's terminal have input"),
    Row::planned(
        "pty-connect",
        Argument::Required("ADDRESS"),
        "connect to the terminal of a server",
    ),
    Row::planned(
        "pty-uconnect",
        Argument::Required("ADDRESS"),
        "connect to the terminal of a server with uwsgi packets",
    ),
    Row::planned("pty-no-isig", Argument::None, "do not send signals from the terminal"),
    Row::planned("pty-exec", Argument::Required("COMMAND"), "run a command in the terminal"),
    Row::planned(
        "forkptyrouter",
        Argument::Required("ADDRESS"),
        "start a terminal for each connection",
    )
    .aliases(&["forkpty-router"])
    .repeats(),
    Row::planned(
        "forkptyurouter",
        Argument::Required("ADDRESS"),
        "start a terminal for each connection with uwsgi packets",
    )
    .aliases(&["forkpty-urouter"]),
    Row::planned(
        "forkptyrouter-command",
        Argument::Required("COMMAND"),
        "what runs in the terminal of a connection",
    )
    .aliases(&["forkpty-router-command", "forkptyrouter-cmd", "forkpty-router-cmd"]),
    Row::planned(
        "forkptyrouter-rows",
        Argument::Required("COUNT"),
        "rows of the terminal of a connection",
    ),
    Row::planned(
        "forkptyrouter-cols",
        Argument::Required("COUNT"),
        "columns of the terminal of a connection",
    ),
    Row::planned(
        "forkptyrouter-processes",
        Argument::Required("COUNT"),
        "run this many processes of the terminal router",
    )
    .aliases(&["forkptyrouter-workers"]),
    Row::planned(
        "forkptyrouter-zerg",
        Argument::Required("ADDRESS"),
        "take the sockets of the terminal router from a zerg server",
    )
    .repeats(),
    Row::planned(
        "forkptyrouter-fallback",
        Argument::Required("ADDRESS"),
        "let the terminal router try this server when another one fails",
    )
    .repeats(),
    Row::planned(
        "forkptyrouter-events",
        Argument::Required("COUNT"),
        "let the terminal router take this many events at a time",
    ),
    Row::planned(
        "forkptyrouter-cheap",
        Argument::None,
        "let the terminal router accept only while it knows a server",
    ),
    Row::planned(
        "forkptyrouter-timeout",
        Argument::Required("SECONDS"),
        "let the terminal router drop a connection that is silent for longer",
    ),
    Row::planned(
        "forkptyrouter-stats",
        Argument::Required("ADDRESS"),
        "serve the statistics of the terminal router as JSON",
    )
    .aliases(&["forkptyrouter-stats-server", "forkptyrouter-ss"]),
    Row::planned(
        "forkptyrouter-harakiri",
        Argument::Required("SECONDS"),
        "kill a terminal router that is stuck for longer",
    ),
    Row::planned(
        "tuntap-router",
        Argument::Required("DEVICE ADDRESS"),
        "connect a network device of this machine to those of others",
    )
    .repeats(),
    Row::planned("tuntap-device", Argument::Required("DEVICE"), "make a network device").repeats(),
    Row::planned(
        "tuntap-use-credentials",
        Argument::Optional("DIRECTORY"),
        "check who connects a network device",
    ),
    Row::planned(
        "tuntap-router-firewall-in",
        Argument::Required("RULE"),
        "what may come in through the network router",
    ),
    Row::planned(
        "tuntap-router-firewall-out",
        Argument::Required("RULE"),
        "what may go out through the network router",
    ),
    Row::planned(
        "tuntap-router-route",
        Argument::Required("RULE"),
        "where the network router sends packets",
    ),
    Row::planned(
        "tuntap-router-stats",
        Argument::Required("ADDRESS"),
        "serve the statistics of the network router as JSON",
    ),
    Row::planned(
        "tuntap-device-rule",
        Argument::Required("RULE"),
        "what may pass a network device",
    )
    .repeats(),
];
