// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

#include "memory/process_sampler.h"
#include "peer.h"

using plimsoll::Errc;
using plimsoll::ProcessSampler;

namespace {

constexpr std::size_t kTouched = 64U << 20U;
constexpr std::uint64_t kSlack = 4U << 20U;  // stacks, pipes, libc: far below what is measured

// A forked child that does one step for each byte it is sent, answering with a byte when the step is done.
class SteppedChild {
public:
    template <class Step>
    explicit SteppedChild(Step step) {
        if (::pipe(toChild_) != 0 || ::pipe(toParent_) != 0) return;
        pid_ = ::fork();
        if (pid_ != 0) return;
        for (char command = 0; ::read(toChild_[0], &command, 1) == 1;) {
            if (command == 'q') break;
            step(command);
            if (::write(toParent_[1], &command, 1) != 1) break;
        }
        ::_exit(0);
    }
    SteppedChild(const SteppedChild&) = delete;
    SteppedChild& operator=(const SteppedChild&) = delete;
    ~SteppedChild() {
        if (pid_ > 0) quit();
        for (const int fd : {toChild_[0], toChild_[1], toParent_[0], toParent_[1]}) ::close(fd);
    }

    [[nodiscard]] bool step(char command) {
        char answer = 0;
        return ::write(toChild_[1], &command, 1) == 1 && ::read(toParent_[0], &answer, 1) == 1 && answer == command;
    }
    // Ends the child without reaping it.
    void endUnreaped() {
        [[maybe_unused]] const auto put = ::write(toChild_[1], "q", 1);
        siginfo_t info{};
        ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT);
    }
    void quit() {
        [[maybe_unused]] const auto put = ::write(toChild_[1], "q", 1);
        ::waitpid(pid_, nullptr, 0);
        pid_ = -1;
    }
    [[nodiscard]] pid_t pid() const { return pid_; }

private:
    int toChild_[2] = {-1, -1};
    int toParent_[2] = {-1, -1};
    pid_t pid_ = -1;
};

void touch(void* memory, std::size_t bytes) {
    std::memset(memory, 1, bytes);
}

}  // namespace

class TstProcessSampler : public QObject {
    Q_OBJECT
private slots:
    void seesAnonymousMemory();
    void seesFileBackedMemory();
    void keepsAndResetsThePeak();
    void endedProcessIsAnError();
    void unknownProcessIsAnError();
    void sumsUp();
};

void TstProcessSampler::seesAnonymousMemory() {
    void* memory = nullptr;
    SteppedChild child([&](char command) {
        if (command == 'm')
            memory = ::mmap(nullptr, kTouched, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (command == 't') touch(memory, kTouched);
    });
    const auto sampler = ProcessSampler::open(child.pid());
    QVERIFY(sampler);
    const auto before = sampler->sample();
    QVERIFY(child.step('m'));
    const auto mapped = sampler->sample();
    QVERIFY(child.step('t'));
    const auto touched = sampler->sample();
    QVERIFY(before && mapped && touched);
    QVERIFY2(mapped->anon - before->anon < kSlack, "memory that nobody touched is not resident");
    QVERIFY(touched->anon - before->anon >= kTouched);
    QVERIFY(touched->anon - before->anon < kTouched + kSlack);
    QVERIFY(touched->file - before->file < kSlack);
}

void TstProcessSampler::seesFileBackedMemory() {
    QTemporaryFile file;
    QVERIFY(file.open());
    QCOMPARE(file.write(QByteArray(static_cast<qsizetype>(kTouched), 'x')), static_cast<qint64>(kTouched));
    QVERIFY(file.flush());
    SteppedChild child([&](char) {
        const auto* bytes =
            static_cast<const char*>(::mmap(nullptr, kTouched, PROT_READ, MAP_SHARED, file.handle(), 0));
        int sum = 0;
        for (std::size_t at = 0; at < kTouched; at += 4096) sum += bytes[at];
        if (sum == 0) ::_exit(1);
    });
    const auto sampler = ProcessSampler::open(child.pid());
    QVERIFY(sampler);
    const auto before = sampler->sample();
    QVERIFY(child.step('r'));
    const auto after = sampler->sample();
    QVERIFY(before && after);
    QVERIFY(after->file - before->file >= kTouched);
    QVERIFY(after->file - before->file < kTouched + kSlack);
    QVERIFY(after->anon - before->anon < kSlack);
}

void TstProcessSampler::keepsAndResetsThePeak() {
    SteppedChild child([](char) {
        void* memory = ::mmap(nullptr, kTouched, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        touch(memory, kTouched);
        ::munmap(memory, kTouched);
    });
    const auto sampler = ProcessSampler::open(child.pid());
    QVERIFY(sampler);
    QVERIFY(child.step('p'));
    const auto peaked = sampler->sample();
    QVERIFY(peaked);
    QVERIFY(peaked->peakRss >= kTouched);
    QVERIFY2(peaked->rss < peaked->peakRss - kTouched / 2, "the memory is given back, the peak stays");
    const auto reset = sampler->resetPeak();
    if (!reset) QSKIP(qPrintable("this kernel does not reset VmHWM: " + QString::fromStdString(reset.error().what)));
    const auto after = sampler->sample();
    QVERIFY(after);
    QVERIFY(after->peakRss < peaked->peakRss - kTouched / 2);
    QVERIFY(child.step('p'));
    QVERIFY(sampler->sample()->peakRss >= kTouched);
}

void TstProcessSampler::endedProcessIsAnError() {
    SteppedChild child([](char) {});
    const auto sampler = ProcessSampler::open(child.pid());
    QVERIFY(sampler);
    QVERIFY(sampler->sample());
    child.endUnreaped();
    QVERIFY2(!sampler->sample(), "a zombie has no memory");
    child.quit();
    const auto gone = sampler->sample();
    QVERIFY(!gone);
    QCOMPARE(gone.error().code, Errc::Io);
    QVERIFY(!sampler->resetPeak());
}

void TstProcessSampler::unknownProcessIsAnError() {
    const auto sampler = ProcessSampler::open(-1);
    QVERIFY(!sampler);
    QCOMPARE(sampler.error().code, Errc::Io);
    QVERIFY(sampler.error().what.find("/proc/-1/status") != std::string::npos);
}

void TstProcessSampler::sumsUp() {
    const auto sampler = ProcessSampler::open(::getpid());
    QVERIFY(sampler);
    const auto sample = sampler->sample();
    QVERIFY(sample);
    QVERIFY(sample->rss > 0);
    QCOMPARE(sample->rss, sample->anon + sample->file + sample->shmem);
    QVERIFY(sample->peakRss >= sample->rss);
}

QTEST_GUILESS_MAIN(TstProcessSampler)
#include "tst_process_sampler.moc"
