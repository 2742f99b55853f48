// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <QByteArrayList>
#include <QFile>
#include <QProcess>
#include <QStandardPaths>
#include <QString>
#include <QStringList>
#include <QTemporaryDir>
#include <QtTest>

// A port of 127.0.0.1 that nobody has at the moment; 0 where there is none.
inline int freePort() {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    const bool bound = ::bind(fd, reinterpret_cast<const sockaddr*>(&address), length) == 0 &&
                       ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) == 0;
    ::close(fd);
    return bound ? ntohs(address.sin_port) : 0;
}

// A connection to the port of this machine; -1 where nobody listens.
inline int connectTo(int port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
    ::close(fd);
    return -1;
}

inline bool listensAt(int port) {
    const int fd = connectTo(port);
    if (fd >= 0) ::close(fd);
    return fd >= 0;
}

// A server program on a port of this machine, ended with the object.
class ServerProcess {
public:
    ServerProcess() = default;
    ServerProcess(const ServerProcess&) = delete;
    ServerProcess& operator=(const ServerProcess&) = delete;
    ~ServerProcess() { stop(); }

    // False where it does not listen at the port within half a minute, or ends.
    bool start(const QString& program, const QStringList& arguments, int port) {
        process_.start(program, arguments);
        return process_.waitForStarted() &&
               QTest::qWaitFor([&] { return listensAt(port) || process_.state() != QProcess::Running; }, 30'000) &&
               process_.state() == QProcess::Running;
    }
    void stop() {
        process_.terminate();
        if (!process_.waitForFinished(10'000)) process_.kill();
        process_.waitForFinished();
    }
    QByteArray log() { return process_.readAllStandardError() + process_.readAllStandardOutput(); }

private:
    QProcess process_;
};

// nginx, which serves the files of a directory, with ranges, entity tags and dates, and logs each request.
class NginxServer {
public:
    static QString program() { return QStandardPaths::findExecutable("nginx", {"/usr/sbin", "/usr/bin"}); }

    // `extra` goes into the server's block, `listen` after its port ("ssl").
    bool start(const QString& root, const QByteArray& extra = {}, const QByteArray& listen = {}) {
        port_ = freePort();
        const QByteArray here = dir_.path().toUtf8();
        QFile config(dir_.filePath("nginx.conf"));
        if (!config.open(QIODevice::WriteOnly)) return false;
        QByteArray paths;
        for (const char* path : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
            paths += QByteArray(path) + "_temp_path " + here + "/" + path + ";\n";
        const QByteArray user = ::geteuid() == 0 ? "user root;\n" : "";
        config.write(user + "daemon off;\nmaster_process off;\npid " + here + "/pid;\nerror_log " + here +
                     "/error.log;\nevents {}\nhttp {\n" + paths + "default_type application/octet-stream;\n" +
                     "log_format short '$status $request_uri $http_range';\naccess_log " + here +
                     "/access.log short;\nserver {\nlisten 127.0.0.1:" + QByteArray::number(port_) + " " + listen +
                     ";\nroot " + root.toUtf8() + ";\n" + extra + "}\n}\n");
        config.close();
        return process_.start(program(), {"-p", dir_.path(), "-c", config.fileName(), "-e", dir_.filePath("error.log")},
                              port_);
    }
    void stop() { process_.stop(); }

    int port() const { return port_; }
    QString address(const QString& name) const { return QString("http://127.0.0.1:%1/%2").arg(port_).arg(name); }

    // Requests so far are not taken any more, neither those that are answered and not logged yet: a request of its own
    // is logged after them. False where that does not happen.
    bool forgetRequests() {
        const QByteArray mark = "/mark-" + QByteArray::number(++marks_);
        const int fd = connectTo(port_);
        const QByteArray request = "GET " + mark + " HTTP/1.0\r\n\r\n";
        const bool sent =
            fd >= 0 && ::write(fd, request.constData(), static_cast<std::size_t>(request.size())) == request.size();
        const bool logged = sent && QTest::qWaitFor([&] {
                                QFile log(dir_.filePath("access.log"));
                                if (!log.open(QIODevice::ReadOnly)) return false;
                                const QByteArray lines = log.readAll();
                                const auto at = lines.indexOf(mark);
                                const auto end = at < 0 ? -1 : lines.indexOf('\n', at);
                                if (end < 0) return false;
                                seen_ = end + 1;
                                return true;
                            });
        if (fd >= 0) ::close(fd);
        return logged;
    }

    // "206 /file bytes=0-99" for each request since the last call; waits until there are `atLeast`, because a request
    // is logged after it was answered.
    QByteArrayList takeRequests(qsizetype atLeast) {
        QByteArray lines;
        const auto enough = [&] {
            QFile log(dir_.filePath("access.log"));
            if (!log.open(QIODevice::ReadOnly)) return false;
            log.seek(seen_);
            lines = log.readAll();
            return lines.count('\n') >= atLeast;
        };
        static_cast<void>(QTest::qWaitFor(enough));  // with too few the caller's comparison fails
        seen_ += lines.size();
        lines.chop(1);
        return lines.isEmpty() ? QByteArrayList() : lines.split('\n');
    }
    QByteArray errors() {
        QFile log(dir_.filePath("error.log"));
        return log.open(QIODevice::ReadOnly) ? log.readAll() : process_.log();
    }

private:
    QTemporaryDir dir_;
    int port_ = 0;
    qint64 seen_ = 0;
    int marks_ = 0;
    ServerProcess process_;
};

#define NEEDS_NGINX() \
    if (NginxServer::program().isEmpty()) QSKIP("nginx is not installed (packaging/setup.sh --with-tests)")
