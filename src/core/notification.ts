import { harmless, xmlText } from './text.js'

/** A program that raises a desktop notification. */
export interface NotificationCommand {
  readonly command: string
  readonly args: readonly string[]
  /** variables it needs beside those of the desktop */
  readonly env: Readonly<Record<string, string>>
}

/** The title and text come as arguments of the script, never as a part of it. */
const appleScript = ['on run argv', 'display notification (item 2 of argv) with title (item 1 of argv)', 'end run']

/**
 * The title and text come as variables, never as a part of the script. A toast needs the identity of a registered program;
 * this one is Windows PowerShell's own (its AppUserModelID, as `Get-StartApps` shows it).
 */
const toastScript = [
  '[void][Windows.UI.Notifications.ToastNotificationManager,Windows.UI.Notifications,ContentType=WindowsRuntime]',
  '$template = [Windows.UI.Notifications.ToastTemplateType]::ToastText02',
  '$toast = [Windows.UI.Notifications.ToastNotificationManager]::GetTemplateContent($template)',
  "$lines = $toast.GetElementsByTagName('text')",
  '[void]$lines.Item(0).AppendChild($toast.CreateTextNode($env:AWSMFA_TITLE))',
  '[void]$lines.Item(1).AppendChild($toast.CreateTextNode($env:AWSMFA_TEXT))',
  "$identity = '{1AC14E77-02E7-4E5D-B744-2EB1AE5198B7}\\WindowsPowerShell\\v1.0\\powershell.exe'",
  '$notifier = [Windows.UI.Notifications.ToastNotificationManager]::CreateToastNotifier($identity)',
  '$notifier.Show([Windows.UI.Notifications.ToastNotification]::new($toast))',
].join('; ')

/**
 * How to raise a notification on a platform: a program and its argument list, for a start without a shell.
 *
 * @param title - one line
 * @param text - one line or a few; control characters are spelled out, and secrets redacted
 */
export function notificationCommand(platform: NodeJS.Platform, title: string, text: string): NotificationCommand {
  const [cleanTitle, cleanText] = [harmless(title), harmless(text)]
  switch (platform) {
    case 'darwin': {
      const script = appleScript.flatMap((line) => ['-e', line])
      return { command: '/usr/bin/osascript', args: [...script, cleanTitle, cleanText], env: {} }
    }
    case 'win32':
      return {
        // Windows PowerShell: PowerShell 7 cannot load WinRT classes by name.
        command: 'powershell.exe',
        args: ['-NoProfile', '-NonInteractive', '-Command', toastScript],
        env: { AWSMFA_TITLE: cleanTitle, AWSMFA_TEXT: cleanText },
      }
    default:
      // Desktop Notifications Specification 1.2, "Markup": the body may be taken for markup; the title never is.
      return { command: 'notify-send', args: ['--app-name=awsmfa', '--', cleanTitle, xmlText(cleanText)], env: {} }
  }
}
