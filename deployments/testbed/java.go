package testbed

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
)

const oldestJava = 17

// javaHome is the Java of JAVA_HOME, else the one on the PATH.
func javaHome(ctx context.Context) (string, error) {
	home := os.Getenv("JAVA_HOME")
	if home == "" {
		program, err := exec.LookPath("java")
		if err != nil {
			return "", fmt.Errorf("find Java (install %d or later, or set JAVA_HOME): %w", oldestJava, err)
		}
		if program, err = filepath.EvalSymlinks(program); err != nil {
			return "", fmt.Errorf("find home of Java (set JAVA_HOME): %w", err)
		}
		home = filepath.Dir(filepath.Dir(program))
	}
	output, err := exec.CommandContext(ctx, javaProgram(home), "-version").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("ask Java in %s for its version (does JAVA_HOME fit?): %w\n%s", home, err, output)
	}
	if err := checkJava(output); err != nil {
		return "", fmt.Errorf("use Java in %s: %w", home, err)
	}
	return home, nil
}

func javaProgram(home string) string { return filepath.Join(home, "bin", "java") }

// checkJava reads the first line of `java -version`: openjdk version "17.0.15".
func checkJava(output []byte) error {
	match := regexp.MustCompile(`version "(\d+)`).FindSubmatch(output)
	if match == nil {
		return errors.New("it does not tell its version")
	}
	if major, err := strconv.Atoi(string(match[1])); err != nil || major < oldestJava {
		return fmt.Errorf("it is version %s, and %d or later is needed: set JAVA_HOME", match[1], oldestJava)
	}
	return nil
}
