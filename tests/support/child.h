// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QFile>
#include <QString>
#include <QTemporaryFile>

#include <functional>
#include <string>

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

// What `body` says in a child process, which it may change as it likes: mounts, limits, forbidden calls.
inline QString inChildProcess(const std::function<QString()>& body) {
    QTemporaryFile said;
    if (!said.open()) return "no file for what the child says";
    const pid_t child = ::fork();
    if (child == 0) {
        const QByteArray text = body().toUtf8();
        ::_exit(said.write(text) == text.size() && said.flush() ? 0 : 1);
    }
    int status = 0;
    if (child < 0 || ::waitpid(child, &status, 0) != child) return "no child";
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return QStringLiteral("ended with status %1").arg(status);
    QFile file(said.fileName());
    return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QStringLiteral("cannot be read");
}

inline bool writeLine(const char* path, const std::string& line) {
    const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
    const bool written = fd >= 0 && ::write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size());
    if (fd >= 0) ::close(fd);
    return written;
}

// A disk of this size on the folder, for this process and its children; false where that is not permitted. Before any
// thread is started.
inline bool mountSmallDisk(const QString& folder, const std::string& size) {
    const std::string user = "0 " + std::to_string(::getuid()) + " 1";
    if (::unshare(CLONE_NEWNS) != 0 &&
        (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0 || !writeLine("/proc/self/uid_map", user)))
        return false;
    return ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
           ::mount("tmpfs", folder.toUtf8().constData(), "tmpfs", 0, ("size=" + size).c_str()) == 0;
}

// From now on this system call fails with this errno in this process, as on a file system that has not got it. False
// where that is not permitted.
inline bool refuseCall(unsigned number, unsigned errnoValue) {
    sock_filter code[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
                          BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
                          BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | errnoValue),
                          BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    const sock_fprog program{static_cast<unsigned short>(std::size(code)), code};
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}
